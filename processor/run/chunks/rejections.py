"""Rejections: brought together from the steps, numbered for people, and counted against the job's limit."""

import math
from collections.abc import Sequence
from typing import Any

from processor import records
from processor.errors import AllRejected, NoDataRows, TooManyRejected
from processor.load.copy import DatabaseRejection
from processor.model import Chunk, Rejection, Rejections, RowCounts, Rows

# What a job takes when it does not say.
MAX_ERRORS = 1000


def joined(one: Rejections, two: Rejections) -> Rejections:
    """Return both."""
    return Rejections(
        one.rows + two.rows, one.columns + two.columns, one.codes + two.codes, one.messages + two.messages
    )


def of_refusals(refused: Sequence[DatabaseRejection], rows: Rows) -> Rejections:
    """Turn what Postgres refused into rejections of the chunk's records."""
    return Rejections(
        tuple(int(rows.index[each.row]) for each in refused),
        tuple(each.column for each in refused),
        tuple(each.code for each in refused),
        tuple(each.message for each in refused),
    )


def numbered(chunk: Chunk, rejections: Rejections) -> list[Rejection]:
    """Give rejections, in file order, their record and line numbers and the raw record."""
    order = sorted(range(len(rejections.rows)), key=rejections.rows.__getitem__)
    rows = [rejections.rows[at] for at in order]
    return [
        Rejection(
            record=chunk.position.record + row,
            line=int(chunk.lines[row]),
            column=rejections.columns[at],
            code=rejections.codes[at],
            message=rejections.messages[at],
            raw=raw,
        )
        for at, row, raw in zip(order, rows, records.texts(chunk, rows), strict=True)
    ]


def check_count(tally: RowCounts, options: dict[str, Any]) -> None:
    """Raise TooManyRejected as soon as more rows were rejected than the job takes; on_error = 'abort' takes none."""
    limit = 0 if options.get("on_error") == "abort" else options.get("max_errors", MAX_ERRORS)
    if isinstance(limit, int) and tally.rejected > limit:
        raise TooManyRejected(f"{tally.rejected:,} rows were rejected; at most {limit:,} may be")


def budget(tally: RowCounts, options: dict[str, Any]) -> int:
    """Return how many more rejected rows end the job for sure."""
    limit = 0 if options.get("on_error") == "abort" else options.get("max_errors", MAX_ERRORS)
    if isinstance(limit, str):
        limit = math.ceil(float(limit.rstrip("%")) * tally.read / 100)
    return max(limit - tally.rejected, 0) + 1


def check_end(tally: RowCounts, options: dict[str, Any]) -> None:
    """Judge the whole file.

    Raises: NoDataRows, AllRejected; TooManyRejected for a larger share than the job takes ('2%').
    """
    if tally.read == tally.skipped - tally.passed:
        raise NoDataRows("there is no row below the header")
    if tally.loaded == 0 and tally.rejected and not tally.passed:
        raise AllRejected(f"all {tally.rejected:,} rows were rejected")
    limit = options.get("max_errors", MAX_ERRORS)
    if isinstance(limit, str) and tally.rejected * 100 > float(limit.rstrip("%")) * tally.read:
        raise TooManyRejected(f"{tally.rejected:,} of {tally.read:,} rows were rejected; at most {limit} may be")
