"""What was measured, kept in docs/explanation/benchmarks.json so that single rows can be run again and the pages made anew."""

import json
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

OURS, PSQL = "import-jobs", "psql"


@dataclass(frozen=True, slots=True)
class Goal:
    """A bound for a figure: at least `low` or at most `high`."""

    low: float | None = None
    high: float | None = None

    def reached(self, value: float) -> bool:
        """Tell whether a value is within the bound."""
        return (self.low is None or value >= self.low) and (self.high is None or value <= self.high)

    def text(self, unit: str) -> str:
        """Return it as people write it, such as `≥ 1.3 ×`."""
        return f"≥ {self.low:g} {unit}" if self.low is not None else f"≤ {self.high:g} {unit}"


@dataclass(frozen=True, slots=True)
class Figure:
    """One number with its unit and, where there is one, its goal."""

    label: str
    value: float
    unit: str
    goal: Goal | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """A table of its own, ready to print."""

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a benchmark found: seconds of each run by side, figures made of them, listings, and why not, if not."""

    size: str
    samples: Mapping[str, Sequence[float]] = field(default_factory=dict[str, Sequence[float]])
    figures: tuple[Figure, ...] = ()
    listings: tuple[Listing, ...] = ()
    notes: tuple[str, ...] = ()
    missing: str = ""


@dataclass(frozen=True, slots=True)
class Result:
    """An outcome with what it takes to repeat it. `full`: at the size and with the runs that its goal speaks of."""

    name: str
    title: str
    command: str
    date: str
    full: bool
    outcome: Outcome

    def figure(self, label: str) -> float | None:
        """Return the value of a figure, None when there is none of this name."""
        return next((each.value for each in self.outcome.figures if each.label == label), None)


@dataclass(frozen=True, slots=True)
class Book:
    """All results by name, and the machine they are from."""

    machine: dict[str, str] = field(default_factory=dict[str, str])
    results: dict[str, Result] = field(default_factory=dict[str, Result])

    def with_result(self, result: Result) -> "Book":
        """Return a book with this result in it; a small run does not take the place of a full one that succeeded."""
        known = self.results.get(result.name)
        if known and known.full and not known.outcome.missing and not result.full:
            return self
        return Book(self.machine, {**self.results, result.name: result})


def median(values: Sequence[float]) -> float:
    """Return the median."""
    return statistics.median(values)


def ratio(samples: Mapping[str, Sequence[float]], other: str = PSQL) -> float:
    """Return how many times as fast we are as the other side: the ratio of the medians."""
    return median(samples[other]) / median(samples[OURS])


def save(path: Path, book: Book) -> None:
    """Write the book."""
    value = {"machine": book.machine, "results": [asdict(each) for each in book.results.values()]}
    path.write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def load(path: Path) -> Book:
    """Read the book; an empty one when there is none."""
    if not path.exists():
        return Book()
    value: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return Book(value["machine"], {each["name"]: result_of(each) for each in value["results"]})


def result_of(value: dict[str, Any]) -> Result:
    """Make a result of its JSON."""
    rest = {name: each for name, each in value.items() if name != "outcome"}
    return Result(**rest, outcome=outcome_of(value["outcome"]))


def outcome_of(value: dict[str, Any]) -> Outcome:
    """Make an outcome of its JSON."""
    return Outcome(
        value["size"],
        {side: tuple(seconds) for side, seconds in value["samples"].items()},
        tuple(
            Figure(each["label"], each["value"], each["unit"], Goal(**each["goal"]) if each["goal"] else None)
            for each in value["figures"]
        ),
        tuple(
            Listing(each["title"], tuple(each["header"]), tuple(tuple(row) for row in each["rows"]))
            for each in value["listings"]
        ),
        tuple(value["notes"]),
        value["missing"],
    )
