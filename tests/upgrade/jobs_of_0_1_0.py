"""Jobs in every state, as a processor of 0.1.0 leaves them: written with the functions of 0.1.0 alone.

Each job imports a file of two chunks into a table of its own, own_<state>.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb

from tests.conftest import Database
from tests.servers import ALICE, SECRET_KEY, StorageApi, StorageFiles

HEADER, FIRST, SECOND = b"id,name\n", b"1,Ana\n2,Bruno\nx,Carla\n", b"4,Davi\n5,Eva\n"
FILE = HEADER + FIRST + SECOND
ROWS = [(1, "Ana"), (2, "Bruno"), (4, "Davi"), (5, "Eva")]
#: What importer.commit_chunk() gets of each chunk, and the rows of it that the table gets.
CHUNKS: tuple[tuple[dict[str, int], list[tuple[int, str]]], ...] = (
    ({"seq": 0, "start": len(HEADER), "end": len(HEADER + FIRST), "line": 5, "record": 4, "read": 3}, ROWS[:2]),
    ({"seq": 1, "start": len(HEADER + FIRST), "end": len(FILE), "line": 7, "record": 6, "read": 2}, ROWS[2:]),
)
REJECTION = {"record": 3, "line": 4, "column": "id", "code": "IJ403", "message": "id: m", "raw": "x,Carla"}
TABLE = """
create table public.{0} (id integer primary key, name text, owner uuid default auth.uid(), job uuid);
alter table public.{0} enable row level security;
create policy own_rows on public.{0} to authenticated using (owner = auth.uid()) with check (owner = auth.uid());
grant select, insert on public.{0} to authenticated;
"""
REGISTER = """select importer.register_target(
  relation => %s, columns => '{id,name}', mode => 'insert', owner_column => 'owner', provenance_column => 'job'
)"""
INSERT = "insert into public.import_jobs (object_path, target, options) values (%s, %s, %s) returning id"
CLAIM = "select importer.claim_jobs('a processor of 0.1.0', 1)"
OPEN = 'select importer.open_job(%s, %s, %s, %s, \'{"delimiter": ",", "encoding": "utf-8"}\')'
COMMIT = """select importer.commit_chunk(
  job_id => %(id)s, token => %(token)s, seq => %(seq)s, byte_start => %(start)s, byte_end => %(end)s,
  next_line => %(line)s, next_record => %(record)s, rows_read => %(read)s, rows_loaded => 2,
  rows_rejected => %(read)s - 2, rows_skipped => 0, bytes_read => %(end)s, rejections => %(rejections)s
)"""
LOAD = "insert into public.{} (id, name, owner, job) values (%s, %s, %s, %s)"
STAGE = 'insert into importer.{} ("#record", "#line", id, name) values (%s, %s, %s, %s)'
STAGING = "select importer.prepare_staging_table(%s, %s, '{id,name}')"
FINISH = "select importer.finish_job(%s, %s, 5, repeat('0', 64), '{\"seconds\": 1}')"
FAIL = "select importer.fail_job(%s, %s, %s, 'a sentence', 'A hint.', %s)"
DIE = "update importer.job_leases set expires_at = now() - interval '1 minute' where job_id = %s"
DUE = "update public.import_jobs set run_after = now() where id = %s"


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """A job that a processor of 0.1.0 has claimed and opened."""

    conn: psycopg.Connection
    state: str
    id: UUID
    token: UUID
    owner: UUID | None

    def commit(self, seq: int) -> None:
        """Write the rows of a chunk, and enter it into the ledger."""
        values, rows = CHUNKS[seq]
        for id_, name in rows:
            statement = sql.SQL(LOAD).format(sql.Identifier(f"own_{self.state}"))
            self.conn.execute(statement, (id_, name, self.owner, self.id))
        self._enter(values)

    def commit_staged(self) -> None:
        """Write the rows of the first chunk into the job's staging table, which dry runs have as well."""
        values, rows = CHUNKS[0]
        self.conn.execute(STAGING, (self.id, self.token))
        for number, row in enumerate(rows, start=1):
            statement = sql.SQL(STAGE).format(sql.Identifier(f"staging_{self.id.hex}"))
            self.conn.execute(statement, (number, number + 1, *row))
        self._enter(values)

    def fail(self, code: str, *, transient: bool) -> None:
        self.conn.execute(FAIL, (self.id, self.token, code, transient))

    def finish(self) -> None:
        self.conn.execute(FINISH, (self.id, self.token))

    def die(self) -> None:
        """Leave a lease that has expired."""
        self.conn.execute(DIE, (self.id,))

    def _enter(self, values: dict[str, int]) -> None:
        rejections = Jsonb([REJECTION] if values["seq"] == 0 else [])
        self.conn.execute(COMMIT, {"id": self.id, "token": self.token, "rejections": rejections, **values})


def running(job: Claimed) -> None:
    job.commit(0)
    job.die()


def staged(job: Claimed) -> None:
    job.commit_staged()
    job.die()


def not_begun(job: Claimed) -> None:
    job.die()


def waiting(job: Claimed) -> None:
    job.commit(0)
    job.fail("IJ201", transient=True)
    job.conn.execute(DUE, (job.id,))


def failed(job: Claimed) -> None:
    job.commit(0)
    job.fail("IJ204", transient=False)


def cancelled(job: Claimed) -> None:
    job.commit(0)
    job.conn.execute("select public.cancel_import_job(%s)", (job.id,))


def completed(job: Claimed) -> None:
    job.commit(0)
    job.commit(1)
    job.finish()


def undone(job: Claimed) -> None:
    completed(job)
    job.conn.execute("select importer.undo_import_job(%s)", (job.id,))


#: What happens to a job once it is opened, by its state. The test does the rest to `_retried` and `_undone`.
HISTORIES: dict[str, Callable[[Claimed], None]] = {
    "running": running,
    "owned": running,
    "dry_run": staged,
    "atomic": staged,
    "not_begun": not_begun,
    "failed": failed,
    "failed_retried": failed,
    "cancelled": cancelled,
    "cancelled_retried": cancelled,
    "completed": completed,
    "completed_undone": completed,
    "undone": undone,
    "waiting": waiting,
}
OPTIONS = {"dry_run": {"dry_run": True}, "atomic": {"atomic": True}}


def write(database: Database, api: StorageApi) -> dict[str, UUID]:
    """Write a file and a job of each state, and one that is pending; return the jobs' ids by state."""
    files = StorageFiles(api.origin, SECRET_KEY)
    jobs: dict[str, UUID] = {}
    with database.connect() as admin, database.connect(claims={"sub": ALICE, "role": "authenticated"}) as alice:
        for state, history in {**HISTORIES, "pending": None}.items():
            admin.execute(sql.SQL(TABLE).format(sql.Identifier(f"own_{state}")))
            admin.execute(REGISTER, (f"public.own_{state}",))
            owner = UUID(ALICE) if state == "owned" else None
            path = files.upload(FILE, f"{owner or 'service'}/{state}.csv")
            conn = alice if owner else admin
            (jobs[state],) = (
                conn.execute(INSERT, (path, f"own_{state}", Jsonb(OPTIONS.get(state, {})))).fetchone() or ()
            )
            if history is not None:
                history(opened(admin, state, jobs[state], owner, etag(files, path)))
    return jobs


def opened(admin: psycopg.Connection, state: str, job: UUID, owner: UUID | None, file_etag: str) -> Claimed:
    """Claim the only due job, and open its file."""
    (claim,) = admin.execute(CLAIM).fetchone() or ({},)
    assert claim["id"] == str(job)
    claimed = Claimed(conn=admin, state=state, id=job, token=UUID(claim["token"]), owner=owner)
    if state != "not_begun":
        admin.execute(OPEN, (job, claimed.token, file_etag, len(FILE)))
    return claimed


def etag(files: StorageFiles, path: str) -> str:
    """Return the ETag that Storage gives with a file."""
    url = f"{files.url}/storage/v1/object/imports/{path}"
    return files.client.get(url, headers={"apikey": files.key}).headers["etag"]
