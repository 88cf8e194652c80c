"""The rows of committed chunks that wait for the rows to which they refer: their record numbers, chunk by chunk."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import psycopg

from processor.database.wire_arrays import BigintArray, decoded
from processor.model import Job, Position, RejectedRecords, RowCounts
from processor.queue.rejections import REJECTED, rejected_parameters

SELF_REFERENCES: Final = "select name, columns, referenced, id from importer.self_references(%s, %s)"
KEEP: Final = "select importer.keep_waiting(%s, %s, %s, %s, %s, %s)"
CHUNKS: Final = """
select seq, byte_start, byte_end, line, record, cardinality(records) from importer.waiting_chunks(%s, %s)
"""
RECORDS: Final = "select array_send(records) from importer.waiting_chunks(%s, %s) where seq = %s"
ALL_RECORDS: Final = "select array_send(records) from importer.waiting_chunks(%s, %s)"
PARENTS: Final = """
select string_agg(int8send(p.record), ''), string_agg(int8send(coalesce(p.parent, -1)), '')
from importer.parents_in_stage(
  job_id => %(job_id)s, token => %(token)s, stage => 'pg_temp.import_family', written => %(written)s, keys => %(keys)s
) as p"""
KEEP_LOADABLE: Final = """select importer.keep_loadable_rows(
  job_id => %(job_id)s, token => %(token)s, written => %(written)s, keys => %(keys)s
)"""
LEFT: Final = """
select string_agg(int8send(l.record), '' order by l.record)
from pg_temp.import_left as l where l.record between %s and %s
"""
SETTLE: Final = """select importer.settle_waiting(
  job_id => %(job_id)s, token => %(token)s, seq => %(seq)s, waiting => %(waiting)s, rows_loaded => %(rows_loaded)s,
  rows_rejected => %(rows_rejected)s, rows_skipped => %(rows_skipped)s, kept => %(kept)s
)"""
SETTLE_REJECTING: Final = SETTLE.removesuffix("\n)") + f",\n  rejected => {REJECTED}\n)"


@dataclass(frozen=True, slots=True, kw_only=True)
class SelfReference:
    """A foreign key by which `columns` of a row refer to the columns `referenced` of a row of the same table.

    `id` is its OID, None where sets cannot look parents up.
    """

    name: str
    columns: tuple[str, ...]
    referenced: tuple[str, ...]
    id: int | None = None


@dataclass(frozen=True, slots=True)
class WaitingChunk:
    """A committed chunk with waiting records: where it starts, the offset of its end, and how many records wait."""

    position: Position
    end: int
    rows: int


def self_references(conn: psycopg.Connection, job: Job) -> tuple[SelfReference, ...]:
    """Return the foreign keys by which rows of the job's table refer to others of the same table."""
    rows = conn.execute(SELF_REFERENCES, (job.id, job.token)).fetchall()
    return tuple(
        SelfReference(name=name, columns=tuple(columns), referenced=tuple(referenced), id=oid)
        for name, columns, referenced, oid in rows
    )


def parents_in_stage(
    conn: psycopg.Connection, job: Job, references: Sequence[SelfReference]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return the rows of pg_temp.import_family without a parent in the table, and the staged row that is it, or -1.

    A row is there once for each of the references. Both are numbers from the column "#record".
    Raises: psycopg.Error.
    """
    row = conn.execute(PARENTS, asked(job, references)).fetchone()
    orphans, parents = row or (None, None)
    return bigints(orphans), bigints(parents)


def keep_loadable_rows(conn: psycopg.Connection, job: Job, references: Sequence[SelfReference]) -> bool:
    """Delete the rows of pg_temp.import_stage that a missing row cuts off; return whether a further look may find more.

    Raises: psycopg.Error.
    """
    row = conn.execute(KEEP_LOADABLE, asked(job, references)).fetchone()
    return row is not None and row[0]


def left_records(conn: psycopg.Connection, first: int, last: int) -> npt.NDArray[np.int64]:
    """Return the records from `first` to `last` that were deleted from the stage, in order."""
    row = conn.execute(LEFT, (first, last)).fetchone()
    return bigints(row[0] if row else None)


def bigints(numbers: bytes | None) -> npt.NDArray[np.int64]:
    """Return integers of 8 bytes each, as int8send() writes them."""
    return np.frombuffer(numbers or b"", ">i8").astype(np.int64)


def asked(job: Job, references: Sequence[SelfReference]) -> dict[str, Any]:
    """Return the arguments of the functions that look parents up by these references."""
    return {
        "job_id": job.id,
        "token": job.token,
        "written": columns_of(references),
        "keys": [reference.id for reference in references],
    }


def columns_of(references: Sequence[SelfReference]) -> list[str]:
    """Return the columns by which rows refer to each other."""
    return sorted({name for reference in references for name in (*reference.columns, *reference.referenced)})


def keep_waiting(conn: psycopg.Connection, job: Job, position: Position, records: npt.NDArray[np.int64]) -> None:
    """Note the numbers of records that wait, in the transaction of their chunk, after its ledger entry."""
    values = (job.id, job.token, position.seq, position.line, position.record, BigintArray(records))
    conn.execute(KEEP, values)


def waiting_chunks(conn: psycopg.Connection, job: Job) -> list[WaitingChunk]:
    """Return the chunks with waiting records, in the order of the file."""
    rows = conn.execute(CHUNKS, (job.id, job.token)).fetchall()
    return [WaitingChunk(Position(start, line, record, seq), end, n) for seq, start, end, line, record, n in rows]


def waiting_records(conn: psycopg.Connection, job: Job, seq: int) -> npt.NDArray[np.int64]:
    """Return the numbers of the records of a chunk that wait, in order."""
    with conn.cursor(binary=True) as cursor:
        row = cursor.execute(RECORDS, (job.id, job.token, seq)).fetchone()
    return decoded(row[0], 8) if row else np.empty(0, np.int64)


def all_waiting_records(conn: psycopg.Connection, job: Job) -> frozenset[int]:
    """Return the numbers of all records that wait."""
    with conn.cursor(binary=True) as cursor:
        rows = cursor.execute(ALL_RECORDS, (job.id, job.token)).fetchall()
    return frozenset(number for (numbers,) in rows for number in decoded(numbers, 8).tolist())


def settle(
    conn: psycopg.Connection,
    job: Job,
    seq: int,
    *,
    waiting: npt.NDArray[np.int64],
    counts: RowCounts,
    rejected: RejectedRecords,
    kept: int,
) -> None:
    """Enter records that were tried into the ledger and the counters, in the transaction that has written them.

    `waiting` are the numbers of those that still wait.
    Raises: psycopg.Error with SQLSTATE IJ902 unless the counts add up, IJ103 without a lease.
    """
    arguments = {
        "job_id": job.id,
        "token": job.token,
        "seq": seq,
        "waiting": BigintArray(waiting),
        "rows_loaded": counts.loaded,
        "rows_rejected": counts.rejected,
        "rows_skipped": counts.skipped,
        "kept": kept,
    }
    if rejected.numbers.size:
        conn.execute(SETTLE_REJECTING, arguments | rejected_parameters(rejected))
    else:
        conn.execute(SETTLE, arguments)
