"""The faults of a run and their times, chosen by the seed before the run starts."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Literal

Kind = Literal[
    "kill", "terminate", "pause", "postgres",
    "database reset", "database freeze", "database refuse", "session end", "storage reset", "storage freeze",
    "status", "slow", "truncate", "ignore_range",
    "lose", "delay", "repeat", "ring elsewhere", "notify", "silence",
]  # fmt: skip

# The weight of each kind. A crash of Postgres is rarer, because it stops everything else for seconds.
WEIGHTS: dict[Kind, int] = {
    "kill": 12,
    "terminate": 4,
    "pause": 10,
    "postgres": 6,
    "database reset": 8,
    "database freeze": 10,
    "database refuse": 6,
    "session end": 8,
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
    "notify": 3,
    "silence": 3,
}
# The mean number of seconds between two faults. A lease lasts 5 s, so several faults fall into one lease.
MEAN_GAP = 1.2
# The longest duration of a fault in seconds; durations are both shorter and longer than a lease.
LONGEST: dict[Kind, float] = {
    "kill": 4,
    "terminate": 3,
    "pause": 9,
    "postgres": 3,
    "database freeze": 9,
    # A processor whose session has ended has 3 s to come back.
    "database refuse": 8,
    "storage freeze": 6,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduledFault:
    """A fault that begins at `at` seconds and lasts for `seconds`.

    `processor` is an index from 0. `amount` is a number from 0 to 1 whose meaning depends on the kind.
    """

    at: float
    kind: Kind
    processor: int
    seconds: float
    amount: float
    times: int


def schedule_faults(seed: int, seconds: float, processors: int) -> list[ScheduledFault]:
    """Return the faults of a run in order of time."""
    rng = random.Random(f"{seed}/faults")  # noqa: S311 - reproducible on purpose
    faults: list[ScheduledFault] = []
    at = 2.0
    while (at := at + rng.expovariate(1 / MEAN_GAP)) < seconds:
        kind = rng.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
        faults.append(
            ScheduledFault(
                at=at,
                kind=kind,
                seconds=rng.uniform(0.1, LONGEST.get(kind, 0.1)),
                processor=rng.randrange(processors),
                amount=rng.random(),
                times=rng.randint(1, 8),
            )
        )
    return faults
