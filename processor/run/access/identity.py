"""The identity that writes rows: the uploader's, by role and claims as PostgREST sets them, or the processor's."""

import json
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import LiteralString

import psycopg

from processor.model import Job

# As parameters, because pg_stat_activity shows the text of a statement to other sessions of the role.
ENTER: LiteralString = "select set_config('request.jwt.claims', %s, true), set_config('role', %s, true)"
CLAIM: LiteralString = "select set_config('request.jwt.claims', %s, true)"
LEAVE: LiteralString = "set local role none"


@dataclass(frozen=True, slots=True)
class Identity:
    """The claims that a transaction gets, as JSON, and its role; None: that of the session."""

    claims: str
    role: str | None


def owner_identity(job: Job) -> Identity:
    """Return the role and claims of the job's owner."""
    return Identity(json.dumps(job.claims or {}), job.role)


def writer_identity(job: Job) -> Identity | None:
    """Return the identity that writes rows; None for a job without an owner.

    Where an administrator lets the processor write, only the claims are set: defaults and triggers that call
    auth.uid() get the job's owner in both cases.
    """
    if job.claims is None:
        return None
    return owner_identity(job) if job.as_uploader else Identity(json.dumps(job.claims), None)


def claims_alone(identity: Identity | None) -> Identity | None:
    """Return the identity without its role, for a function that takes the role where it is needed."""
    return None if identity is None else Identity(identity.claims, None)


@contextmanager
def acting(conn: psycopg.Connection, identity: Identity | None) -> Generator[None]:
    """Take an identity for the block, within a transaction; leave it unless the block fails."""
    if identity is None:
        yield
        return
    if identity.role is None:
        conn.execute(CLAIM, (identity.claims,))
    else:
        conn.execute(ENTER, (identity.claims, identity.role))
    yield
    conn.execute(LEAVE)
