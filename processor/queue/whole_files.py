"""Whole files: commit a file's only chunk and complete the job, at once."""

from typing import Any, Final

import psycopg
from psycopg.types.json import Jsonb

from processor.model import Chunk, Job, RowCounts

COMMIT_FILE: Final = """select importer.commit_file(
  job_id => %(job_id)s, token => %(token)s, file_etag => %(etag)s, file_bytes => %(size)s, dialect => %(dialect)s,
  byte_start => %(byte_start)s, byte_end => %(byte_end)s, next_line => %(next_line)s, next_record => %(next_record)s,
  rows_loaded => %(rows_loaded)s, rows_skipped => %(rows_skipped)s, chunk_bytes => %(chunk_bytes)s,
  preview => %(preview)s, file_sha256 => %(sha256)s, report => %(report)s
)"""


def commit_file(
    conn: psycopg.Connection,
    job: Job,
    chunk: Chunk,
    counts: RowCounts,
    *,
    etag: str | None,
    size: int,
    dialect: dict[str, Any],
    chunk_bytes: int,
    preview: list[dict[str, Any]] | None,
    sha256: str | None,
    report: dict[str, Any],
) -> None:
    """Enter the only chunk of a file into the ledger and complete the job, as the last statement of the transaction.

    Raises: psycopg.Error with SQLSTATE IJ103 without a lease, 23505 or IJ902 when an earlier attempt has opened it.
    """
    conn.execute(
        COMMIT_FILE,
        {
            "job_id": job.id,
            "token": job.token,
            "etag": etag,
            "size": size,
            "dialect": Jsonb(dialect),
            "byte_start": chunk.position.offset,
            "byte_end": chunk.next.offset,
            "next_line": chunk.next.line,
            "next_record": chunk.next.record,
            "rows_loaded": counts.loaded,
            "rows_skipped": counts.skipped,
            "chunk_bytes": chunk_bytes,
            "preview": None if preview is None else Jsonb(preview),
            "sha256": sha256,
            "report": Jsonb(report),
        },
    )
