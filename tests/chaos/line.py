"""One line of the verdict: an invariant, what was counted for it, and what is wrong."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class UserError:
    """Something that must not be; `source` is the number of the job, where it is about one."""

    text: str
    source: int | None = None


@dataclass(slots=True)
class Line:
    """An invariant; it holds while there are no problems."""

    name: str
    counted: str = ""
    problems: list[UserError] = field(default_factory=list[UserError])

    @property
    def holds(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems

    def wrong(self, text: str, source: int | None = None) -> None:
        """Add a problem."""
        self.problems.append(UserError(text, source))

    def compare(self, what: str, found: object, due: object, source: int | None = None) -> None:
        """Add a problem if the two differ."""
        if found != due:
            self.wrong(f"{what}: {found}, not {due}", source)
