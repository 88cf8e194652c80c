"""Find the rows that Postgres rejects: write rows in steps, and write smaller steps where one fails."""

from collections.abc import Callable
from typing import TypeVar

import psycopg

R = TypeVar("R")

#: Writes `count` rows from `start`, or none of them; returns the error that one of them caused.
TryRows = Callable[[int, int], psycopg.Error | None]
#: Returns the row that an error is about, counted from `start`; None when the server does not say.
Locate = Callable[[psycopg.Error, int, int], int | None]
#: Called with each rejected row and the number of rejections so far; raises an exception to end the search.
Watch = Callable[[int, int], None]


def go_on(row: int, rejected: int) -> None:
    """Let the search go on."""


def bisect(
    total: int,
    try_rows: TryRows,
    locate: Locate,
    reject: Callable[[int, psycopg.Error], R],
    limit: int | None = None,
    watch: Watch = go_on,
) -> list[R]:
    """Write all rows that Postgres accepts, in order; return `reject(row, error)` for each of the others.

    Where the server names the bad row, the rows before it are written next and the bad row is rejected: two statements.
    Where it does not (a foreign key), the step is halved until it holds the bad row alone: log₂(n) statements, and as
    many again until steps are large. A step doubles after each success, so that evenly spread bad rows cost about three
    times the data. `bisect` stops after `limit` rejected rows.
    Raises: what `watch` raises.
    """
    rejected: list[R] = []
    located: dict[int, psycopg.Error] = {}
    start, step, suspect_end = 0, total, 0
    while start < total and (limit is None or len(rejected) < limit):
        if start in located:
            rejected.append(reject(start, located.pop(start)))
            watch(start, len(rejected))
            start += 1
            continue
        count = min(step, total - start)
        error = try_rows(start, count)
        if error is None:
            start += count
            step = max((suspect_end - start) // 2, 1) if start < suspect_end else count * 2
            continue
        row = 0 if count == 1 else locate(error, start, count)
        if row is None:
            step, suspect_end = count // 2, start + count
        else:
            located, suspect_end = {start + row: error}, 0
            step = max(row, 1)
    return rejected
