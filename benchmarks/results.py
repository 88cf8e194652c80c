"""The results of benchmarks, saved as JSON so that one can be measured again and the pages made from all."""

import json
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

OURS, PSQL = "import-jobs", "psql"


@dataclass(frozen=True, slots=True)
class Goal:
    """The bound of a figure: at least `low`, or at most `high`."""

    low: float | None = None
    high: float | None = None

    def reached(self, value: float) -> bool:
        """Return whether a value is within the bound."""
        return (self.low is None or value >= self.low) and (self.high is None or value <= self.high)

    def text(self, unit: str) -> str:
        """Return the bound as text, such as `≥ 1.3 ×`."""
        return f"≥ {self.low:g} {unit}" if self.low is not None else f"≤ {self.high:g} {unit}"


@dataclass(frozen=True, slots=True)
class Figure:
    """A number with its unit and, for some, a goal."""

    label: str
    value: float
    unit: str
    goal: Goal | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """A table of formatted cells."""

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a benchmark measured.

    `samples` are the seconds of each run by side, from which the figures are computed. `missing` is the reason why
    nothing was measured, empty otherwise.
    """

    size: str
    samples: Mapping[str, Sequence[float]] = field(default_factory=dict[str, Sequence[float]])
    figures: tuple[Figure, ...] = ()
    listings: tuple[Listing, ...] = ()
    notes: tuple[str, ...] = ()
    missing: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """An outcome and the command that repeats it; `full` means at the size and with the runs of the goal.

    `measured_on` is the server's version and the CPU: results are kept when others are measured elsewhere.
    """

    name: str
    title: str
    command: str
    date: str
    measured_on: str
    full: bool
    outcome: Outcome

    def figure(self, label: str) -> float | None:
        """Return the value of the figure with a label, or None without one."""
        return next((figure.value for figure in self.outcome.figures if figure.label == label), None)


@dataclass(frozen=True, slots=True)
class ResultSet:
    """All results by name, and the description of the machine on which they were measured."""

    machine: dict[str, str] = field(default_factory=dict[str, str])
    results: dict[str, Result] = field(default_factory=dict[str, Result])

    def with_result(self, result: Result) -> "ResultSet":
        """Return a set that includes a result; a small run does not replace a full run that succeeded."""
        previous = self.results.get(result.name)
        if previous and previous.full and not previous.outcome.missing and not result.full:
            return self
        return ResultSet(self.machine, {**self.results, result.name: result})


def median(values: Sequence[float]) -> float:
    """Return the median."""
    return statistics.median(values)


def ratio(samples: Mapping[str, Sequence[float]], other: str = PSQL) -> float:
    """Return how many times as fast import-jobs is as the other side: the ratio of the medians."""
    return median(samples[other]) / median(samples[OURS])


def save(path: Path, result_set: ResultSet) -> None:
    """Write the results as JSON."""
    results = [asdict(result) for result in result_set.results.values()]
    document = {"machine": result_set.machine, "results": results}
    path.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def load(path: Path) -> ResultSet:
    """Read saved results; return an empty set when there is no file."""
    if not path.exists():
        return ResultSet()
    document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return ResultSet(document["machine"], {result["name"]: parse_result(result) for result in document["results"]})


def parse_result(document: dict[str, Any]) -> Result:
    """Return the result in a JSON object."""
    fields = {name: value for name, value in document.items() if name != "outcome"}
    return Result(**fields, outcome=parse_outcome(document["outcome"]))


def parse_outcome(document: dict[str, Any]) -> Outcome:
    """Return the outcome in a JSON object."""
    return Outcome(
        size=document["size"],
        samples={side: tuple(seconds) for side, seconds in document["samples"].items()},
        figures=tuple(
            Figure(figure["label"], figure["value"], figure["unit"], Goal(**figure["goal"]) if figure["goal"] else None)
            for figure in document["figures"]
        ),
        listings=tuple(
            Listing(listing["title"], tuple(listing["header"]), tuple(tuple(row) for row in listing["rows"]))
            for listing in document["listings"]
        ),
        notes=tuple(document["notes"]),
        missing=document["missing"],
    )
