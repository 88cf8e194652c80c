"""Undos: the requests of owners, and what the database says about the rows of a job."""

from typing import Any
from uuid import UUID

import psycopg

from processor.errors import JobError
from processor.model import UndoRequest, UndoRows

CLAIM = "select importer.claim_undos(%s)"
BEGIN = "select importer.begin_undo(%s, %s)"
FINISH = "select importer.finish_undo(%s, %s, %s, %s)"
FAIL = "select importer.fail_undo(%s, %s, %s, %s, %s)"


def claim(conn: psycopg.Connection, most: int) -> list[UndoRequest]:
    """Take up to so many requests; the claim counts the attempt."""
    return [read_request(value) for (value,) in conn.execute(CLAIM, (most,)).fetchall()]


def read_request(value: dict[str, Any]) -> UndoRequest:
    """Turn a row of `importer.claim_undos` into an UndoRequest."""
    return UndoRequest(
        job_id=UUID(value["id"]),
        token=UUID(value["token"]),
        role=value["role"],
        claims=value["claims"],
        attempt=value["attempt"],
    )


def begin(conn: psycopg.Connection, request: UndoRequest) -> UndoRows:
    """Hold the request and the target's table until the end of the transaction; return what the undo does.

    Raises: psycopg.Error, with SQLSTATE IJ103 when another processor has the request, IJ112 when the job cannot be
    undone, IJ503 when another table has taken the place of the target's.
    """
    row = conn.execute(BEGIN, (request.job_id, request.token)).fetchone()
    value: dict[str, Any] = row[0] if row else {}
    return UndoRows(
        schema=value["schema"],
        table=value["table"],
        column=value["column"],
        value=UUID(value["value"]) if value["value"] else None,
        rows=value["rows"],
        kept=value["kept"],
        kept_rows=value["kept_rows"],
        columns=tuple(value["columns"]),
    )


def finish(conn: psycopg.Connection, request: UndoRequest, *, removed: int, restored: int) -> None:
    """Say, in the transaction that has done it, that the job is undone."""
    conn.execute(FINISH, (request.job_id, request.token, removed, restored))


def fail(conn: psycopg.Connection, request: UndoRequest, error: JobError) -> None:
    """End the request with the reason for which the job cannot be undone."""
    conn.execute(FAIL, (request.job_id, request.token, error.code, error.message, error.advice))
