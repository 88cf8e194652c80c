"""The interface of all checks: a name, how bad a problem is, and a look that takes a bounded time."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

import psycopg

from processor.database.sqlstates import user_error
from processor.doctor.installation import Installation
from processor.errors import UserError

Severity = Literal["error", "warning", "note"]


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong, what to do, and the code of the error if there was one."""

    message: str
    hint: str
    code: str = ""


@dataclass(frozen=True, slots=True)
class Sound:
    """Nothing is wrong; `measured` says what was seen, such as how long it took."""

    measured: str = ""


@dataclass(frozen=True, slots=True)
class Skipped:
    """The check was not made; `reason` says why."""

    reason: str


Answer = Problem | Sound | Skipped


@dataclass(frozen=True, slots=True)
class Check:
    """A check. It is skipped unless those that it needs found nothing wrong."""

    name: str
    severity: Severity
    look: Callable[[Installation], Answer]
    needs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Result:
    """The answer of a check."""

    name: str
    severity: Severity
    answer: Answer

    def document(self) -> dict[str, str | None]:
        """Return the result as JSON has it: `status` is ok, problem or skipped."""
        answer = self.answer
        problem = answer if isinstance(answer, Problem) else None
        return {
            "name": self.name,
            "severity": self.severity,
            "status": "problem" if problem else "ok" if isinstance(answer, Sound) else "skipped",
            "code": problem.code or None if problem else None,
            "message": problem.message if problem else answer.reason if isinstance(answer, Skipped) else None,
            "hint": problem.hint if problem else None,
            "measured": answer.measured or None if isinstance(answer, Sound) else None,
        }


def run(checks: Iterable[Check], installation: Installation, sound: set[str]) -> Iterator[Result]:
    """Yield the results of checks in their order; the names of those that find nothing wrong are added to `sound`."""
    for check in checks:
        missing = [name for name in check.needs if name not in sound]
        answer = Skipped(f"needs {', '.join(missing)}") if missing else looked(check, installation)
        if isinstance(answer, Sound):
            sound.add(check.name)
        yield Result(check.name, check.severity, answer)


def looked(check: Check, installation: Installation) -> Answer:
    """Return the answer of one check; an error that ends it is its problem."""
    try:
        return check.look(installation)
    except psycopg.Error as exc:
        return problem_of(user_error(exc))
    except UserError as exc:
        return problem_of(exc)


def problem_of(error: UserError) -> Problem:
    """Return an error as a problem."""
    return Problem(error.message, error.hint, error.code)
