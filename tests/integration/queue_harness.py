"""The queue for tests: clients insert jobs, an administrator inspects them, the processor claims and commits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg import sql
from psycopg.types.json import Jsonb

from tests.conftest import Database

OWNER = UUID("00000000-0000-4000-8000-00000000000a")
OTHER = UUID("00000000-0000-4000-8000-00000000000b")
EMPTY = """
delete from public.import_jobs;
delete from public.import_targets;
delete from importer.settings;
drop schema if exists app cascade;
"""


@dataclass(frozen=True, slots=True)
class Claim:
    """A claimed job: its id, the token of its lease, and the value that `importer.claim_jobs` returned."""

    id: UUID
    token: UUID
    value: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Queue:
    """A database with a connection of the administrator and one of the processor, both in autocommit mode."""

    db: Database
    admin: psycopg.Connection
    processor: psycopg.Connection

    def user(self, user: UUID = OWNER) -> psycopg.Connection:
        """Connect as a signed-in user."""
        return self.db.connect("authenticated", {"sub": str(user)})

    def insert(self, **columns: object) -> UUID:
        """Insert a job as the administrator, who may set all columns; return its id."""
        values = {"object_path": "a/people.csv", "target": "people", **columns}
        statement = sql.SQL("insert into public.import_jobs ({}) values ({}) returning id").format(
            sql.SQL(", ").join(map(sql.Identifier, values)), sql.SQL(", ").join(sql.Placeholder() * len(values))
        )
        return self.admin.execute(statement, list(values.values())).fetchone()[0]

    def claim(self, max_jobs: int = 1, lease_seconds: int = 45) -> list[Claim]:
        """Claim jobs as the processor."""
        rows = self.processor.execute(
            "select importer.claim_jobs('test', %s, %s)", [max_jobs, lease_seconds]
        ).fetchall()
        return [Claim(UUID(value["id"]), UUID(value["token"]), value) for (value,) in rows]

    def running(self, **columns: object) -> Claim:
        """Insert a job and claim it; no other job may be due."""
        self.insert(**columns)
        (claim,) = self.claim()
        return claim

    def expire(self, claim: Claim) -> None:
        """Expire the lease, as if its processor had been lost."""
        self.admin.execute(
            "update importer.job_leases set expires_at = clock_timestamp() - interval '1 s' where job_id = %s",
            [claim.id],
        )

    def make_due(self, job: UUID) -> None:
        """End the back-off of a job."""
        self.admin.execute("update public.import_jobs set run_after = now() where id = %s", [job])

    def open(self, claim: Claim, etag: str = "e1", size: int = 100) -> list[dict[str, Any]]:
        return self.processor.execute(
            "select importer.open_job(%s, %s, %s, %s, %s)",
            [claim.id, claim.token, etag, size, Jsonb({"delimiter": ","})],
        ).fetchone()[0]

    def commit(
        self,
        claim: Claim,
        seq: int = 0,
        *,
        loaded: int = 1,
        rejected: int = 0,
        skipped: int = 0,
        rejections: Sequence[dict[str, object]] = (),
        start: int | None = None,
        conn: psycopg.Connection | None = None,
    ) -> None:
        """Commit chunk `seq`, which covers ten bytes from `start` (by default `seq` * 10)."""
        start = seq * 10 if start is None else start
        read = loaded + rejected + skipped
        (conn or self.processor).execute(
            "select importer.commit_chunk(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
            [
                *(claim.id, claim.token, seq, start, start + 10, 2, 2),
                *(read, loaded, rejected, skipped, start + 10, Jsonb(list(rejections))),
            ],
        )

    def finish(self, claim: Claim, records: int) -> None:
        self.processor.execute(
            "select importer.finish_job(%s, %s, %s, %s, %s)",
            [claim.id, claim.token, records, "00", Jsonb({"seconds": 1})],
        )

    def fail(self, claim: Claim, *, transient: bool = False, code: str = "IJ301") -> str:
        return self.processor.execute(
            "select importer.fail_job(%s, %s, %s, 'a sentence', 'a hint', %s)",
            [claim.id, claim.token, code, transient],
        ).fetchone()[0]

    def release(self, claim: Claim) -> None:
        self.processor.execute("select importer.release_job(%s, %s)", [claim.id, claim.token])

    def sweep(self) -> list[tuple[UUID, str]]:
        return self.processor.execute("select job_id, action from importer.sweep_import_jobs()").fetchall()

    def job_that_is(self, status: str, **columns: object) -> UUID:
        """Insert a job and bring it into `status` as the processor does; return its id."""
        if status in ("pending", "cancelled"):
            job = self.insert(**columns)
            if status == "cancelled":
                self.admin.execute("update public.import_jobs set status = 'cancelled' where id = %s", [job])
            return job
        claim = self.running(**columns)
        if status == "completed":
            self.open(claim)
            self.commit(claim)
            self.finish(claim, 1)
        elif status == "failed":
            self.fail(claim)
        return claim.id

    def row(self, job: UUID, *columns: str) -> Any:
        """Return the given columns of a job as a tuple, a single column as its value."""
        names = sql.SQL(", ").join(map(sql.Identifier, columns))
        statement = sql.SQL("select {} from public.import_jobs where id = %s").format(names)
        values = self.admin.execute(statement, [job]).fetchone()
        return values[0] if len(columns) == 1 else values

    def events(self, job: UUID) -> list[str]:
        rows = self.admin.execute("select event from public.import_job_events where job_id = %s order by id", [job])
        return [event for (event,) in rows]

    def value(self, statement: str, *args: object) -> Any:
        """Execute a query as the administrator; return its only value."""
        return self.admin.execute(statement, args).fetchone()[0]


def unknown_user() -> UUID:
    """Return the id of a user without jobs."""
    return uuid4()


@contextmanager
def raises(code: str) -> Iterator[pytest.ExceptionInfo[psycopg.Error]]:
    """Expect an error of the database with exactly this SQLSTATE."""
    with pytest.raises(psycopg.Error) as caught:
        yield caught
    assert caught.value.sqlstate == code, caught.value
