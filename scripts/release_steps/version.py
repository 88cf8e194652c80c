"""The version of a release, in the spellings of Python and of npm."""

import re
from dataclasses import dataclass

from scripts.release_steps.failure import ReleaseError

# PEP 440, without epochs, local parts and development releases, which nobody publishes.
FORM = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:(a|b|rc)(0|[1-9]\d*))?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Version:
    """A version such as 0.2.0 or 0.2.0rc1."""

    python: str

    @property
    def npm(self) -> str:
        """The same version as npm spells it: 0.2.0-rc.1."""
        return re.sub(r"(a|b|rc)(\d+)$", r"-\1.\2", self.python)

    @property
    def tag(self) -> str:
        """The tag of the release in git."""
        return f"v{self.python}"


def parse(text: str) -> Version:
    """Return the version that a text names.

    Raises: ReleaseError.
    """
    if FORM.fullmatch(text) is None:
        raise ReleaseError(f'"{text}" is not the version of a release', "Give one such as 0.2.0 or 0.2.0rc1.")
    return Version(text)
