"""The jobs of a run: the file of each job and its expected end, all chosen by the seed of the run."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

Table = Literal["plain", "keyed"]
Purpose = Literal["load", "missing", "limit", "unregistered"]

# The code with which a job of each purpose fails, or None when it completes.
EXPECTED_CODES: dict[Purpose, str | None] = {
    "load": None,
    "missing": "IJ201",
    "limit": "IJ420",
    "unregistered": "IJ106",
}
# The codes of jobs whose attempts were used up by faults; after a retry by a client they complete.
EXHAUSTED_CODES = frozenset({"IJ104", "IJ203", "IJ501", "IJ502"})
# Ranges of rows with their weights: most jobs are small, and a few run long enough for several faults.
SIZES = (((3, 300), 35), ((300, 5_000), 30), ((5_000, 40_000), 25), ((40_000, 200_000), 6))


@dataclass(frozen=True, slots=True, kw_only=True)
class JobSpec:
    """One job. `source` is its number; every row of its file contains it, so that jobs can share a table.

    `bad_share` is the share of bad rows, from 0 to 1.
    """

    source: int
    id: UUID
    table: Table
    rows: int
    bad_share: float
    atomic: bool
    line_end: str
    max_attempts: int
    purpose: Purpose
    seed: int

    @property
    def target(self) -> str:
        """The target of the job."""
        return "chaos_nowhere" if self.purpose == "unregistered" else f"chaos_{self.table}"

    @property
    def path(self) -> str:
        """The path of the object in the bucket."""
        return f"chaos/{self.id.hex}/rows.csv"

    @property
    def options(self) -> dict[str, int | bool]:
        """The options of the job."""
        limit = 3 if self.purpose == "limit" else 1_000_000
        return {"max_errors": limit} | ({"atomic": True} if self.atomic else {})


def job_specs(seed: int) -> Iterator[JobSpec]:
    """Yield the jobs of a run without end."""
    rng = random.Random(f"{seed}/jobs")  # noqa: S311 - reproducible on purpose
    source = 0
    while True:
        source += 1
        purpose = choose_purpose(rng)
        low, high = rng.choices([size for size, _ in SIZES], [weight for _, weight in SIZES])[0]
        yield JobSpec(
            source=source,
            id=UUID(int=rng.getrandbits(128), version=4),
            table=rng.choice(("plain", "keyed")),
            rows=rng.randint(low, high) if purpose == "load" else rng.randint(300, 3_000),
            bad_share=choose_bad_share(rng, purpose, high),
            atomic=rng.random() < 0.2,
            line_end=rng.choice(("\n", "\r\n")),
            max_attempts=rng.choice((3, 5, 5, 5)),
            purpose=purpose,
            seed=rng.getrandbits(64),
        )


def choose_purpose(rng: random.Random) -> Purpose:
    """Choose the purpose of a job; nine of ten jobs load a file."""
    purposes: tuple[Purpose, ...] = ("load", "missing", "limit", "unregistered")
    return rng.choices(purposes, (90, 3, 5, 2))[0]


def choose_bad_share(rng: random.Random, purpose: Purpose, most_rows: int) -> float:
    """Choose the share of bad rows; it is smaller in large files."""
    if purpose == "limit":
        return 0.2
    return rng.choice((0, 0, 0.002, 0.01)) if most_rows > 5_000 else rng.choice((0, 0.05))
