"""The identity that writes rows: the uploader's, by role and claims as PostgREST sets them, or the processor's."""

import json
from collections.abc import Generator
from contextlib import contextmanager
from typing import LiteralString

import psycopg
from psycopg import sql

from processor.model import Job

LEAVE: LiteralString = "set local role none"


def enter_owner(job: Job) -> sql.Composed:
    """Compose the statements that give a transaction the role and claims of the job's owner."""
    return sql.SQL("set local request.jwt.claims = {}; set local role {}").format(
        sql.Literal(json.dumps(job.claims or {})), sql.Identifier(job.role)
    )


def enter_writer(job: Job) -> sql.Composed | None:
    """Compose the statements that precede the writing of rows; None for a job without an owner.

    Where an administrator lets the processor write, only the claims are set: defaults and triggers that call
    auth.uid() get the job's owner in both cases.
    """
    if job.claims is None:
        return None
    if job.as_uploader:
        return enter_owner(job)
    return sql.SQL("set local request.jwt.claims = {}").format(sql.Literal(json.dumps(job.claims)))


@contextmanager
def acting(conn: psycopg.Connection, enter: sql.Composed | None) -> Generator[None]:
    """Take an identity for the block, within a transaction; leave it unless the block fails."""
    if enter is not None:
        conn.execute(enter)
    yield
    if enter is not None:
        conn.execute(LEAVE)
