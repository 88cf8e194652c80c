"""The queue for tests: clients insert jobs, an administrator inspects them, the processor claims and commits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import numpy as np
import psycopg
import pytest
from psycopg import sql
from psycopg.types.json import Jsonb

from processor.model import Message, Reason, RejectedRecords
from processor.queue.rejections import REJECTED, rejected_parameters
from tests.conftest import Database

OWNER = UUID("00000000-0000-4000-8000-00000000000a")
OTHER = UUID("00000000-0000-4000-8000-00000000000b")
EMPTY = """
delete from public.import_jobs;
delete from public.import_targets;
delete from public.import_folders;
delete from importer.settings;
drop schema if exists app cascade;
"""
COMMIT_CHUNK = """select importer.commit_chunk(
  job_id => %(job_id)s, token => %(token)s, seq => %(seq)s, byte_start => %(byte_start)s, byte_end => %(byte_end)s,
  next_line => %(next_line)s, next_record => %(next_record)s, rows_read => %(rows_read)s,
  rows_loaded => %(rows_loaded)s, rows_rejected => %(rows_rejected)s, rows_skipped => %(rows_skipped)s,
  bytes_read => %(byte_end)s, rejected => {rejected}, kept => %(kept)s
)"""
OPEN_JOB = """select importer.open_job(
  job_id => %(job_id)s, token => %(token)s, file_etag => %(etag)s, bytes_total => %(size)s, dialect => %(dialect)s
)"""
FINISH_JOB = """select importer.finish_job(
  job_id => %(job_id)s, token => %(token)s, records => %(records)s, file_sha256 => '00', report => '{"seconds": 1}'
)"""
FAIL_JOB = """select importer.fail_job(
  job_id => %(job_id)s, token => %(token)s, code => %(code)s, message => 'a sentence', hint => 'a hint',
  transient => %(transient)s, report => %(report)s
)"""


def rejected_records(cells: Sequence[dict[str, Any]]) -> RejectedRecords:
    """Return rejected records of cells, each with record, line, code and message, perhaps column, params and raw."""
    records = {cell["record"]: cell for cell in reversed(cells)}
    numbers = sorted(records)
    raws = [str(records[number].get("raw", "")).encode() for number in numbers]
    return RejectedRecords(
        numbers=np.array(numbers, np.int64),
        lines=np.array([records[number]["line"] for number in numbers], np.int64),
        raw=b"".join(raws),
        raw_ends=np.cumsum([len(raw) for raw in raws]),
        cell_places=np.array([numbers.index(cell["record"]) for cell in cells], np.int64),
        cell_reasons=np.arange(len(cells), dtype=np.int32),
        reasons=tuple(
            Reason(cell.get("column"), cell["code"], Message(cell["message"], **(cell.get("params") or {})))
            for cell in cells
        ),
    )


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
        """Open the job with this identity of the file; return its ledger."""
        dialect = Jsonb({"delimiter": ","})
        arguments = {"job_id": claim.id, "token": claim.token, "etag": etag, "size": size, "dialect": dialect}
        return self.processor.execute(OPEN_JOB, arguments).fetchone()[0]

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
        **other: object,
    ) -> None:
        """Commit chunk `seq`, which covers ten bytes from `start` (by default `seq` * 10).

        `other` replaces arguments of the SQL function, such as `next_record`.
        """
        start = seq * 10 if start is None else start
        arguments = {
            "job_id": claim.id,
            "token": claim.token,
            "seq": seq,
            "byte_start": start,
            "byte_end": start + 10,
            "next_line": 2,
            "next_record": 2,
            "rows_read": loaded + rejected + skipped,
            "rows_loaded": loaded,
            "rows_rejected": rejected,
            "rows_skipped": skipped,
            "kept": 10_000,
        }
        parameters = rejected_parameters(rejected_records(rejections)) if rejections else {}
        statement = COMMIT_CHUNK.format(rejected=REJECTED if rejections else "null")
        (conn or self.processor).execute(statement, {**arguments, **parameters, **other})

    def finish(self, claim: Claim, records: int) -> None:
        arguments = {"job_id": claim.id, "token": claim.token, "records": records}
        self.processor.execute(FINISH_JOB, arguments)

    def fail(
        self,
        claim: Claim,
        *,
        transient: bool = False,
        code: str = "IJ301",
        report: dict[str, object] | None = None,
    ) -> str:
        """End the attempt with an error; return the new status."""
        arguments = {
            "job_id": claim.id,
            "token": claim.token,
            "code": code,
            "transient": transient,
            "report": None if report is None else Jsonb(report),
        }
        return self.processor.execute(FAIL_JOB, arguments).fetchone()[0]

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


@contextmanager
def raises(code: str) -> Iterator[pytest.ExceptionInfo[psycopg.Error]]:
    """Expect an error of the database with exactly this SQLSTATE."""
    with pytest.raises(psycopg.Error) as caught:
        yield caught
    assert caught.value.sqlstate == code, caught.value
