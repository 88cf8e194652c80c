"""The class of all errors that end a job, and their register."""

from typing import ClassVar, Final

JOB_ERRORS: Final[dict[str, type["JobError"]]] = {}


class JobError(Exception):
    """The reason for which a job fails or is retried. A subclass registers its code when it is defined.

    `message` says what happened, `advice` what to do about it. `params` are the names and numbers in the message, each
    by its name, for a client that says it in another language; the first argument is a format of them, as of
    `str.format`. `transient` errors are retried automatically, so their hints are for a person whose job has used up
    its attempts.
    """

    code: ClassVar[str] = "IJ901"
    hint: ClassVar[str] = "This is a defect of import-jobs. Report it with the job's events."
    transient: ClassVar[bool] = False

    def __init__(self, message: str, *, hint: str | None = None, **params: str | float) -> None:
        self.message = message.format(**params) if params else message
        super().__init__(self.message)
        self.params = params
        self.advice = hint or self.hint

    def __init_subclass__(cls, *, code: str, hint: str, transient: bool = False) -> None:
        cls.code, cls.hint, cls.transient = code, hint, transient
        JOB_ERRORS[code] = cls
