"""The class of all errors that end a job, and their register."""

from typing import ClassVar, Final

JOB_ERRORS: Final[dict[str, type["JobError"]]] = {}


class JobError(Exception):
    """The reason for which a job fails or is retried. A subclass registers its code when it is defined.

    `message` says what happened, `advice` what to do about it. `transient` errors are retried automatically, so
    their hints are for a person whose job has used up its attempts.
    """

    code: ClassVar[str] = "IJ901"
    hint: ClassVar[str] = "This is a defect of import-jobs. Report it with the job's events."
    transient: ClassVar[bool] = False

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.advice = hint or self.hint

    def __init_subclass__(cls, *, code: str, hint: str, transient: bool = False) -> None:
        cls.code, cls.hint, cls.transient = code, hint, transient
        JOB_ERRORS[code] = cls
