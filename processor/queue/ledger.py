"""The ledger: which chunks of a job are committed, and what is kept beside them for a later attempt."""

from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from processor.model import ChunkCommit, Job, LedgerEntry, Position, RowCounts
from processor.queue.rejections import REJECTED, rejected_parameters

OPEN = """select importer.open_job(
  job_id => %(job_id)s, token => %(token)s, file_etag => %(etag)s, bytes_total => %(size)s, dialect => %(dialect)s
)"""
#: A chunk without rejections has none to build.
COMMIT_CHUNK = """select importer.commit_chunk(
  job_id => %(job_id)s, token => %(token)s, seq => %(seq)s, byte_start => %(byte_start)s, byte_end => %(byte_end)s,
  next_line => %(next_line)s, next_record => %(next_record)s, rows_read => %(rows_read)s,
  rows_loaded => %(rows_loaded)s, rows_rejected => %(rows_rejected)s, rows_skipped => %(rows_skipped)s,
  bytes_read => %(bytes_read)s, kept => %(kept)s, preview => %(preview)s, chunk_bytes => %(chunk_bytes)s
)"""
COMMIT_REJECTING = COMMIT_CHUNK.removesuffix("\n)") + f",\n  rejected => {REJECTED}\n)"
KEEP_FIGURES = "select importer.keep_figures(%s, %s, %s, %s)"
KEEP_PREVIEW = "select importer.keep_preview(%s, %s, %s)"


def open_job(
    conn: psycopg.Connection, job: Job, *, etag: str | None, size: int, dialect: dict[str, Any]
) -> list[LedgerEntry]:
    """Write the file's identity and dialect into the job; return the ledger, in the file's order.

    Raises: psycopg.Error with SQLSTATE IJ204 when the file is not that of the first attempt, IJ103 without a lease.
    """
    arguments = {"job_id": job.id, "token": job.token, "etag": etag, "size": size, "dialect": Jsonb(dialect)}
    row = conn.execute(OPEN, arguments).fetchone()
    chunks: list[dict[str, Any]] = row[0] if row else []
    # The ledger does not distinguish blank lines from rows that a mode skipped.
    return [read_entry(chunk, skipping=job.mode_skips) for chunk in chunks]


def read_entry(chunk: dict[str, Any], *, skipping: bool) -> LedgerEntry:
    """Turn a chunk in what `importer.open_job` returns into a LedgerEntry."""
    return LedgerEntry(
        seq=chunk["seq"],
        byte_start=chunk["byte_start"],
        next=Position(chunk["byte_end"], chunk["next_line"], chunk["next_record"], chunk["seq"] + 1),
        counts=RowCounts(
            loaded=chunk["rows_loaded"],
            rejected=chunk["rows_rejected"],
            skipped=chunk["rows_skipped"],
            skipped_by_mode=chunk["rows_skipped"] if skipping else 0,
        ),
        chunk_bytes=chunk["chunk_bytes"],
        figures=chunk["figures"],
    )


def commit_chunk(conn: psycopg.Connection, job: Job, commit: ChunkCommit) -> None:
    """Enter a chunk into the ledger, as the last statement of the transaction that loaded it.

    Raises: psycopg.Error with SQLSTATE IJ103 without a lease, 23505 when the ledger has the chunk already.
    """
    chunk, counts, rejected = commit.chunk, commit.counts, commit.rejected
    conn.execute(
        COMMIT_REJECTING if rejected.numbers.size else COMMIT_CHUNK,
        {
            "job_id": job.id,
            "token": job.token,
            "seq": chunk.position.seq,
            "byte_start": chunk.position.offset,
            "byte_end": chunk.next.offset,
            "next_line": chunk.next.line,
            "next_record": chunk.next.record,
            "rows_read": counts.read,
            "rows_loaded": counts.loaded,
            "rows_rejected": counts.rejected,
            "rows_skipped": counts.skipped,
            "bytes_read": commit.bytes_read,
            "kept": commit.kept,
            "preview": None if commit.preview is None else Jsonb(commit.preview),
            "chunk_bytes": commit.chunk_bytes,
        }
        | (rejected_parameters(rejected) if rejected.numbers.size else {}),
    )


def keep_figures(conn: psycopg.Connection, job: Job, seq: int, figures: dict[str, Any]) -> None:
    """Keep the report's figures with the ledger entry of a chunk, for an attempt that resumes."""
    conn.execute(KEEP_FIGURES, (job.id, job.token, seq, Jsonb(figures)))


def keep_preview(conn: psycopg.Connection, job: Job, preview: list[dict[str, Any]]) -> None:
    """Replace the preview in the job's row."""
    conn.execute(KEEP_PREVIEW, (job.id, job.token, Jsonb(preview)))
