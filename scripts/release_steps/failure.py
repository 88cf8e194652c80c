"""The error that ends scripts/release."""


class ReleaseError(Exception):
    """What is wrong, and in `hint` what to do about it; both are shown in one line."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.args[0]} — {self.hint}"
