"""The rejections of a job, those beyond the ones that its owner sees included."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import psycopg
from psycopg.types.json import Jsonb

from processor.database.wire_arrays import BigintArray, IntegerArray, decoded
from processor.model import Job, Message, Reason, RejectedRecords, message_params

#: The type that the functions in `importer` take; the parameters are those of `rejected_parameters`.
REJECTED: Final = """row(
  %(records)s, %(lines)s, %(raw)s, %(raw_ends)s, %(cell_places)s, %(cell_positions)s, %(cell_reasons)s, %(reasons)s
)::importer.rejected_records"""
CHUNKS: Final = """
select r.seq, array_send(r.records), array_send(r.lines), r.raw, array_send(r.raw_ends), array_send(r.cell_places),
  array_send(r.cell_reasons), r.reasons
from importer.read_rejected_chunks(%s, %s) as r
"""
RECORDS: Final = "select array_send(r.records) from importer.read_rejected_chunks(%s, %s) as r"
COUNT: Final = "select coalesce(sum(cardinality(r.records)), 0) from importer.read_rejected_chunks(%s, %s) as r"
REASONS: Final = """
select o."column", o.code, o.message, sum(o.cells)::bigint from importer.read_rejected_chunks(%s, %s) as r
cross join lateral jsonb_to_recordset(r.reasons) as o ("column" text, code text, message text, cells bigint)
group by o."column", o.code, o.message order by 4 desc, o.code, o."column", o.message
"""


@dataclass(frozen=True, slots=True)
class RejectionCause:
    """A reason for which `rows` rows of a job were rejected; `column` is None where the whole row is at fault."""

    code: str
    column: str | None
    message: str
    rows: int


def rejected_parameters(rejected: RejectedRecords) -> dict[str, Any]:
    """Return the parameters of `REJECTED`; the places in Postgres's arrays count from 1."""
    cells = np.bincount(rejected.cell_reasons, minlength=len(rejected.reasons)).tolist()
    return {
        "records": BigintArray(rejected.numbers),
        "lines": BigintArray(rejected.lines),
        "raw": rejected.raw,
        "raw_ends": IntegerArray(rejected.raw_ends),
        "cell_places": IntegerArray(rejected.cell_places + 1),
        "cell_positions": IntegerArray(rejected.cell_positions()),
        "cell_reasons": IntegerArray(rejected.cell_reasons + 1),
        "reasons": Jsonb(
            [
                {
                    "column": reason.column,
                    "code": reason.code,
                    "message": reason.message,
                    "params": message_params(reason.message),
                    "cells": number,
                }
                for reason, number in zip(rejected.reasons, cells, strict=True)
            ]
        ),
    }


def rejected_chunks(conn: psycopg.Connection, job: Job) -> Iterator[tuple[int, RejectedRecords]]:
    """Yield the rejected records of each chunk after its number, in file order, one chunk in memory at a time.

    A chunk comes twice if the end of the job has rejected further records of it.
    """
    with conn.cursor(binary=True) as cursor:
        for seq, numbers, lines, raw, raw_ends, places, reason_of, reasons in cursor.stream(
            CHUNKS, (job.id, job.token)
        ):
            yield (
                seq,
                RejectedRecords(
                    numbers=decoded(numbers, 8),
                    lines=decoded(lines, 8),
                    raw=raw,
                    raw_ends=decoded(raw_ends, 4),
                    cell_places=decoded(places, 4) - 1,
                    cell_reasons=(decoded(reason_of, 4) - 1).astype(np.int32),
                    reasons=tuple(Reason(r["column"], r["code"], Message(r["message"])) for r in reasons),
                ),
            )


def rejected_records(conn: psycopg.Connection, job: Job) -> frozenset[int]:
    """Return the numbers of all rejected records."""
    with conn.cursor(binary=True) as cursor:
        rows = cursor.execute(RECORDS, (job.id, job.token)).fetchall()
    return frozenset(number for (numbers,) in rows for number in decoded(numbers, 8).tolist())


def most_frequent_cause(conn: psycopg.Connection, job: Job) -> RejectionCause | None:
    """Return the reason for which most rows of all attempts were rejected; None where none was."""
    row = conn.execute(REASONS, (job.id, job.token)).fetchone()
    return RejectionCause(row[1], row[0], row[2], row[3]) if row else None


def rejection_counts(conn: psycopg.Connection, job: Job) -> tuple[int, list[tuple[str | None, str, int]]]:
    """Return the number of rejected records, and the number of their rejected cells for each column and code."""
    arguments = (job.id, job.token)
    row = conn.execute(COUNT, arguments).fetchone()
    reasons = conn.execute(REASONS, arguments).fetchall()
    return int(row[0]) if row else 0, [(column, code, cells) for column, code, _, cells in reasons]
