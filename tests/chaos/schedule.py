"""Which fault happens when, drawn from the run's seed before anything runs."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Literal

Kind = Literal[
    "kill", "terminate", "pause", "postgres",
    "database reset", "database freeze", "storage reset", "storage freeze",
    "status", "slow", "truncate", "ignore_range",
    "lose", "delay", "repeat", "ring elsewhere",
]  # fmt: skip

# How often each kind comes, in relation to the others. A crash of Postgres stops everything else for seconds.
WEIGHTS: dict[Kind, int] = {
    "kill": 12,
    "terminate": 4,
    "pause": 10,
    "postgres": 6,
    "database reset": 8,
    "database freeze": 10,
    "storage reset": 6,
    "storage freeze": 6,
    "status": 8,
    "slow": 5,
    "truncate": 8,
    "ignore_range": 5,
    "lose": 4,
    "delay": 3,
    "repeat": 3,
    "ring elsewhere": 2,
}
# Seconds between two faults, on average: a lease is 5 s long, so that several meet in one.
GAP = 1.2
# How long a fault lasts, in seconds: both shorter and longer than the lease.
LONGEST: dict[Kind, float] = {
    "kill": 4,
    "terminate": 3,
    "pause": 9,
    "postgres": 3,
    "database freeze": 9,
    "storage freeze": 6,
}


@dataclass(frozen=True, slots=True)
class Trouble:
    """A fault: when, on which processor (from 0), for how many seconds; `amount` (0 to 1) means what the kind needs."""

    at: float
    kind: Kind
    member: int
    seconds: float
    amount: float
    times: int


def troubles(seed: int, seconds: float, members: int) -> list[Trouble]:
    """Return the faults of a run, in order."""
    draw = random.Random(f"{seed}/faults")  # noqa: S311 - reproducible on purpose
    found: list[Trouble] = []
    at = 2.0
    while (at := at + draw.expovariate(1 / GAP)) < seconds:
        kind = draw.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
        length = draw.uniform(0.1, LONGEST.get(kind, 0.1))
        found.append(Trouble(at, kind, draw.randrange(members), length, draw.random(), draw.randint(1, 8)))
    return found
