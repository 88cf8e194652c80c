"""Inspections: what the database adds to the result, and how it is written."""

from collections.abc import Sequence
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from processor.model import Dialect, Job

FINISH = "select importer.finish_inspection(%s, %s, %s, %s, %s, %s)"
REMEMBERED = "select importer.remembered_mapping(%s, %s, %s)"
TYPED_VALUES = "select importer.typed_values(%s)"


def remembered(conn: psycopg.Connection, job: Job, headers: Sequence[str]) -> dict[str, Any] | None:
    """Return what the job's owner used for these headers before: mapping, dialect, locale and used_at."""
    row = conn.execute(REMEMBERED, (job.id, job.token, list(headers))).fetchone()
    return row[0] if row else None


def typed_values(conn: psycopg.Connection, columns: Sequence[tuple[str, list[str | None]]]) -> list[list[str | None]]:
    """Return the texts of columns, each given with its type, as that type spells them.

    The texts of a column of which one is invalid are returned as they are.
    """
    given = [{"type": type_name, "texts": texts} for type_name, texts in columns]
    row = conn.execute(TYPED_VALUES, (Jsonb(given),)).fetchone()
    return row[0] if row else []


def finish(
    conn: psycopg.Connection, job: Job, *, etag: str | None, size: int, dialect: Dialect | None, result: dict[str, Any]
) -> None:
    """Complete the inspection.

    Raises: psycopg.Error with SQLSTATE IJ103 without a lease.
    """
    described = None if dialect is None else Jsonb(dialect.as_json())
    conn.execute(FINISH, (job.id, job.token, etag, size, described, Jsonb(result)))
