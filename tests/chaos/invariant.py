"""An invariant of a run, what was counted for it, and its violations."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Violation:
    """A violation of an invariant; `source` is the number of the job, or None when it is about no single job."""

    text: str
    source: int | None = None


@dataclass(slots=True)
class Invariant:
    """An invariant, which holds as long as it has no violations; it is one line of the summary."""

    name: str
    counted: str = ""
    violations: list[Violation] = field(default_factory=list[Violation])

    @property
    def holds(self) -> bool:
        """Whether there are no violations."""
        return not self.violations

    def add_violation(self, text: str, source: int | None = None) -> None:
        """Add a violation."""
        self.violations.append(Violation(text, source))

    def expect_equal(self, what: str, actual: object, expected: object, source: int | None = None) -> None:
        """Add a violation if two values differ."""
        if actual != expected:
            self.add_violation(f"{what}: {actual}, expected {expected}", source)
