"""Find the rows that Postgres refuses: try steps of rows, narrow down on those that fail."""

from collections.abc import Callable
from typing import TypeVar

import psycopg

R = TypeVar("R")

# Writes rows [start, start + count) or none of them; returns the error that a row of them caused.
Attempt = Callable[[int, int], psycopg.Error | None]
# Says at which row of [start, start + count) the server stood, from `start`; None when it does not say.
Locate = Callable[[psycopg.Error, int, int], int | None]


def isolate(
    total: int, attempt: Attempt, locate: Locate, refuse: Callable[[int, psycopg.Error], R], budget: int | None = None
) -> list[R]:
    """Write all rows that Postgres takes, in order; return what `refuse` makes of the others and the error each causes.

    Where the server names the row, those before it are written and it is refused: two statements for a bad row. Where
    it does not (a foreign key), the step is halved, and only within what is known to hold the row: log₂(n) statements,
    and as many until the steps are large again. Steps double while all goes well, so that evenly spread bad rows cost
    about three times the data. Stops after `budget` refused rows.
    """
    refused: list[R] = []
    named: dict[int, psycopg.Error] = {}
    start, step, suspect_end = 0, total, 0
    while start < total and (budget is None or len(refused) < budget):
        if start in named:
            refused.append(refuse(start, named.pop(start)))
            start += 1
            continue
        count = min(step, total - start)
        exc = attempt(start, count)
        if exc is None:
            start += count
            step = max((suspect_end - start) // 2, 1) if start < suspect_end else count * 2
            continue
        row = 0 if count == 1 else locate(exc, start, count)
        if row is None:
            step, suspect_end = count // 2, start + count
        else:
            named, suspect_end = {start + row: exc}, 0
            step = max(row, 1)
    return refused
