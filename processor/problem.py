"""A mistake or a lack that the person at the terminal can mend, told in one line."""

from __future__ import annotations


class Problem(Exception):
    """Say what is wrong (`message`) and what to do about it (`hint`); `details` may quote a program's output."""

    def __init__(self, message: str, hint: str = "", *, details: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.details = details

    def __str__(self) -> str:
        return f"{self.message} — {self.hint}" if self.hint else self.message
