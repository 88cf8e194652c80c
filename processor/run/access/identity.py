"""Under whose rights rows are written: the uploader's, by role and claims as PostgREST sets them, or our own."""

import json
from collections.abc import Generator
from contextlib import contextmanager
from typing import LiteralString

import psycopg
from psycopg import sql

from processor.model import Job

LEAVE: LiteralString = "set local role none"


def as_uploader_statements(job: Job) -> sql.Composed:
    """Return the statements by which a transaction becomes the job's owner."""
    return sql.SQL("set local request.jwt.claims = {}; set local role {}").format(
        sql.Literal(json.dumps(job.claims or {})), sql.Identifier(job.role)
    )


def entering(job: Job) -> sql.Composed | None:
    """Return the statements with which rows are written; None for a job without an owner.

    Where an administrator lets the processor write, only the claims are set: defaults and triggers that ask for
    auth.uid() get the job's owner in both cases.
    """
    if job.claims is None:
        return None
    if job.as_uploader:
        return as_uploader_statements(job)
    return sql.SQL("set local request.jwt.claims = {}").format(sql.Literal(json.dumps(job.claims)))


@contextmanager
def acting(conn: psycopg.Connection, enter: sql.Composed | None) -> Generator[None]:
    """Write as the identity of `enter` does, in a transaction; step back unless it has failed."""
    if enter is not None:
        conn.execute(enter)
    yield
    if enter is not None:
        conn.execute(LEAVE)
