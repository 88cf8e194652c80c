"""Errors of the command line."""

from typing import Final

#: Codes of mistakes at the terminal that no job and no row can have.
COMMAND_ERRORS: Final[dict[str, str]] = {
    "IJ130": "the command cannot do what it was asked to do",
    "IJ131": "a variable of the environment or the file .env cannot be used",
    "IJ132": "the schema of the database does not fit this version of import-jobs",
}


class UserError(Exception):
    """A mistake that the user of the command line can correct.

    `message` says what is wrong and `hint` what to do. `details` may quote the output of a program.
    """

    def __init__(self, message: str, hint: str = "", *, details: str = "", code: str = "IJ130") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.details = details
        self.code = code

    def __str__(self) -> str:
        return f"{self.message} — {self.hint}" if self.hint else self.message
