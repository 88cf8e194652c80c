"""The first bad row of a file whose job has `on_error = 'abort'`: it ends the job, and nothing of the file stays."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import psycopg

from processor.errors import TooManyRejected
from processor.load import DatabaseRejection, single_rejections
from processor.model import Job, Rejections
from processor.queue.first_rejection import RejectedRow
from processor.queue.waiting import self_references
from processor.run.sinks import Sink
from processor.run.sinks.family import NO_PARENT, may_come_later


def first_refused(
    writing: Callable[[], AbstractContextManager[psycopg.Connection]], sink: Sink, job: Job, last_record: int
) -> DatabaseRejection | None:
    """Return the first staged row, up to a record, that the target does not accept, by record number; else None.

    `writing` opens a transaction that is rolled back. A sink that may stop at one rejection need not have met the first
    (repeated keys are found before the others, rows of other owners after them), so it is asked again about the rows
    before that one, until it accepts them.
    Raises: psycopg.Error, PoolTimeout, DatabaseUnavailable.
    """
    first: DatabaseRejection | None = None
    while last_record > 0:
        with writing() as conn:
            sink.forget_after(conn, last_record)
            refused = sink.find_rejected(conn, job, last_record, 1).rejected
            rejected = single_rejections(without_cut_off(conn, job, refused))
        if not rejected:
            break
        first = min(rejected, key=lambda rejection: rejection.row)
        last_record = first.row - 1
    return first


def without_cut_off(conn: psycopg.Connection, job: Job, rejected: Rejections) -> Rejections:
    """Return the rejections without those for the sake of rows that may be among the ones that were left out."""
    if not any(reason.code == NO_PARENT for reason in rejected.reasons):
        return rejected
    known = ~may_come_later(rejected, self_references(conn, job))
    return Rejections(rejected.records[known], rejected.reason_of[known], rejected.reasons)


def first_bad_row(row: RejectedRow) -> TooManyRejected:
    """Return the error that ends a job at its first bad row."""
    where = f" in column {row.column}" if row.column else ""
    error = TooManyRejected(
        "line {line:,} was rejected by {cause}{where}: {cause_message}",
        hint=(
            "Correct the file, and import it with a new job: nothing of it is in the table. Or retry this job with "
            "on_error 'skip': it starts from the beginning, and errors.csv has all bad rows."
        ),
        line=row.line,
        cause=row.code,
        where=where,
        cause_message=row.message,
    )
    del error.params["where"]
    if row.column:
        error.params["cause_column"] = row.column
    return error
