"""`import-jobs doctor`: say what is wrong with an installation, and what to do."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from processor.cli.screen import screen

if TYPE_CHECKING:
    from processor.doctor.check import Result

#: Exit statuses by the worst problem; notes are none.
STATUSES = {"error": 1, "warning": 3}
MARKS = {"error": "✗", "warning": "!", "note": "·"}


def doctor(
    fix: Annotated[
        bool,
        typer.Option(
            "--fix",
            help="Mend what needs no decision: the schedule of the sweep, the trigger on Storage's table, the policy "
            "of Realtime, the tables of targets after a restore, and jobs without a lease. For administrators.",
        ),
    ] = False,
) -> int:
    """Examine the installation: one line for each check, with ✓ or with what is wrong and what to do.

    It rings the processor once and changes nothing else, unless --fix is given. Exit status: 1 after an error (✗), 3
    after a warning (!), 0 if there are only notes (·) or nothing is wrong.
    """
    from processor.doctor import fixes, installation
    from processor.doctor.examination import examine, problems

    patient = installation.from_environment()
    mended: dict[str, str] = {}
    try:
        results = list(examine(patient))
        if fix and (mended := fixes.mend(patient, results)):
            patient.seen.clear()
            results = list(examine(patient))
    finally:
        patient.close()
    document = {
        "checks": [result.document() for result in results],
        "mended": [name for name, failure in mended.items() if not failure],
    }
    screen.show(document, (result.name for result in problems(results)), lambda: lines(results, mended))
    return status(problems(results))


def lines(results: list[Result], mended: dict[str, str]) -> Iterator[str]:
    """Yield what was mended, then a line for each check, and one for all that could not be made."""
    for name, failure in mended.items():
        yield from screen.wrapped(f"could not mend {name}: {failure}" if failure else f"mended {name}")
    made = {f"{mark(result)} {result.name}": text(result) for result in results if not is_skipped(result)}
    skipped = ", ".join(result.name for result in results if is_skipped(result))
    yield from screen.values(made | ({"- not examined": skipped} if skipped else {}))


def is_skipped(result: Result) -> bool:
    """Return whether a check was not made, because one that it needs found a problem."""
    from processor.doctor.check import Skipped

    return isinstance(result.answer, Skipped)


def mark(result: Result) -> str:
    """Return the sign of a result: ✓, or that of the severity of a problem."""
    from processor.doctor.check import Problem

    return MARKS[result.severity] if isinstance(result.answer, Problem) else "✓"


def text(result: Result) -> str:
    """Return what a result says, in one line."""
    from processor.doctor.check import Problem, Sound

    answer = result.answer
    if isinstance(answer, Problem):
        return f"{answer.code + ': ' if answer.code else ''}{answer.message} — {answer.hint}"
    return answer.measured if isinstance(answer, Sound) else answer.reason


def status(problems: list[Result]) -> int:
    """Return the exit status for the worst problem."""
    severities = {problem.severity for problem in problems}
    return next((status for severity, status in STATUSES.items() if severity in severities), 0)
