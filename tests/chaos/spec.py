"""The jobs of a run: what each one loads and how it should end, all drawn from the run's seed."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

Table = Literal["plain", "keyed"]
Purpose = Literal["load", "missing", "limit", "unregistered"]

# Purpose → the code a job of that purpose fails with; None: it completes.
ENDS: dict[Purpose, str | None] = {"load": None, "missing": "IJ201", "limit": "IJ420", "unregistered": "IJ106"}
# Codes of attempts that were used up by faults: the job may be retried by hand, and then completes.
USED_UP = frozenset({"IJ104", "IJ203", "IJ501", "IJ502"})
# Rows (from, to) and how often: most jobs are small, a few run long enough to meet several faults.
SIZES = (((3, 300), 35), ((300, 5_000), 30), ((5_000, 40_000), 25), ((40_000, 200_000), 6))


@dataclass(frozen=True, slots=True)
class Spec:
    """One job. `source` is its number and stands in every row of its file, so that jobs can share a table."""

    source: int
    id: UUID
    table: Table
    rows: int
    bad: float
    atomic: bool
    line_end: str
    max_attempts: int
    purpose: Purpose
    seed: int

    @property
    def target(self) -> str:
        """The name of the target as the job gives it."""
        return "chaos_nowhere" if self.purpose == "unregistered" else f"chaos_{self.table}"

    @property
    def path(self) -> str:
        """The object's path in the bucket."""
        return f"chaos/{self.id.hex}/rows.csv"

    @property
    def options(self) -> dict[str, int | bool]:
        """The options of the job."""
        limit = 3 if self.purpose == "limit" else 1_000_000
        return {"max_errors": limit} | ({"atomic": True} if self.atomic else {})


def specs(seed: int) -> Iterator[Spec]:
    """Yield the jobs of a run, without end."""
    draw = random.Random(f"{seed}/jobs")  # noqa: S311 - reproducible on purpose
    source = 0
    while True:
        source += 1
        purpose = purpose_of(draw)
        low, high = draw.choices([size for size, _ in SIZES], [weight for _, weight in SIZES])[0]
        small = purpose != "load"
        yield Spec(
            source=source,
            id=UUID(int=draw.getrandbits(128), version=4),
            table=draw.choice(("plain", "keyed")),
            rows=draw.randint(300, 3_000) if small else draw.randint(low, high),
            bad=0.2
            if purpose == "limit"
            else draw.choice((0, 0, 0.002, 0.01))
            if high > 5_000
            else draw.choice((0, 0.05)),
            atomic=draw.random() < 0.2,
            line_end=draw.choice(("\n", "\r\n")),
            max_attempts=draw.choice((3, 5, 5, 5)),
            purpose=purpose,
            seed=draw.getrandbits(64),
        )


def purpose_of(draw: random.Random) -> Purpose:
    """Draw what a job is for: nine in ten load."""
    purposes: tuple[Purpose, ...] = ("load", "missing", "limit", "unregistered")
    return draw.choices(purposes, (90, 3, 5, 2))[0]
