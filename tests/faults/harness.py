"""An embedded stack with a breakable network: processor → proxies → Postgres and Storage; pg_net's stand-in rings."""

from __future__ import annotations

import contextlib
import itertools
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import psycopg
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from processor.local import floor
from processor.local.ports import free_port
from processor.local.stack import Stack as LocalStack
from tests.faults.files import Case, make_csv
from tests.faults.holds import GATE, Hold, held
from tests.faults.processors import Nursery, Processor
from tests.faults.proxies.storage_proxy import StorageProxy
from tests.faults.proxies.tcp_proxy import TcpProxy
from tests.servers import StorageFiles
from tests.waiting import until

ENDED = ("completed", "failed", "cancelled")
# A processor that is to be lost; and one that must not be, however busy the machine is.
SHORT_LEASE, LONG_LEASE = 2, 60
# Brings the end of a back-off forward, which is up to seconds long and random.
HURRY = "update public.import_jobs set run_after = now() where id = %s and status = 'pending' and run_after > now()"
# BEFORE ROW triggers fire while the COPY goes on; a shared lock lets all through at once when the gate opens.
GATED = """
create function public.gate_{0}() returns trigger language plpgsql as $$
begin
  perform pg_advisory_xact_lock_shared({1}, new.id);
  return new;
end $$;
create trigger gate before insert on public.{0} for each row when (new.id = any ('{{{2}}}'))
execute function public.gate_{0}()
"""
_numbers = itertools.count(1)


def rows_of(
    conn: psycopg.Connection[dict[str, Any]], statement: str, parameters: tuple[Any, ...]
) -> list[dict[str, Any]]:
    """Execute a statement and return its rows, if it has some."""
    cursor = conn.execute(statement, parameters or None)
    return cursor.fetchall() if cursor.description else []


@dataclass(slots=True, kw_only=True)
class FaultStack:
    """What one test works with; `cases` and `processors` are those of the test in hand."""

    local: LocalStack
    nursery: Nursery
    postgres: TcpProxy
    storage: StorageProxy
    storage_line: TcpProxy
    cases: list[Case] = field(default_factory=list)
    processors: list[Processor] = field(default_factory=list)
    files: StorageFiles = field(init=False)
    _sessions: dict[str, psycopg.Connection[dict[str, Any]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.files = StorageFiles(self.local.state.supabase_url, self.local.state.secret_key)

    @property
    def superuser_url(self) -> str:
        return self.local.server.url()

    def sql(self, statement: str, *parameters: Any, role: str = "postgres") -> list[dict[str, Any]]:
        """Run a statement, as the administrator by default, past all proxies."""
        # Kept between calls, since a handshake costs more than most statements; a crash of Postgres ends it.
        kept = self._sessions.get(role)
        if kept is not None and not kept.closed:
            with contextlib.suppress(psycopg.OperationalError):
                return rows_of(kept, statement, parameters)
        url = self.local.state.database_url(role)
        self._sessions[role] = psycopg.connect(url, autocommit=True, row_factory=dict_row)
        return rows_of(self._sessions[role], statement, parameters)

    def hold(self, statement: str, *parameters: object) -> AbstractContextManager[Hold]:
        """Lock something for the length of a block."""
        return held(self.superuser_url, statement, *parameters)

    def gate(self, row: int) -> AbstractContextManager[Hold]:
        """Hold each COPY that comes to the row of this id, where the target is gated at it."""
        return self.hold("select pg_advisory_lock(%s, %s)", GATE, row)

    def processor(self, *, lease: int = LONG_LEASE, direct: bool = False, **settings: object) -> Processor:
        """Start one and wait until it answers; `direct` goes past the proxy of Postgres."""
        kept = self.local.state
        port = (
            free_port() if any(each.port == kept.processor_port and not each.ended for each in self.processors) else 0
        )
        port = port or kept.processor_port
        url = kept.database_url(floor.PROCESSOR)
        env = {
            "DATABASE_URL": url if direct else url.replace(f":{kept.postgres_port}/", f":{self.postgres.port}/"),
            "SUPABASE_URL": f"http://127.0.0.1:{self.storage_line.port}",
            "SUPABASE_SECRET_KEY": kept.secret_key,
            "IMPORT_JOBS_HOST": "127.0.0.1",
            "IMPORT_JOBS_PORT": str(port),
            "IMPORT_JOBS_LEASE_SECONDS": str(lease),
            "IMPORT_JOBS_HEARTBEAT_SECONDS": "0.3",
            "IMPORT_JOBS_SWEEP_SECONDS": "0.5",
            "IMPORT_JOBS_CHUNK_BYTES": str(64 * 1024),
            **{f"IMPORT_JOBS_{name.upper()}": str(value) for name, value in settings.items()},
        }
        log = self.local.directory / "logs" / f"processor-{next(_numbers)}.log"
        one = Processor(self.nursery, log, port, env)
        self.processors.append(one)
        return one.wait_ready()

    def table(self, *gates: int, key: str = "") -> str:
        """Create a target, gated at the rows of these ids; without a key, so that a row loaded twice shows."""
        name = f"t_{uuid4().hex[:12]}"
        self.sql(f"create table public.{name} (id integer {key}, note text)")
        self.sql(f"select importer.register_target('public.{name}')")
        if gates:
            self.sql(GATED.format(name, GATE, ",".join(map(str, gates))))
        return name

    def upload(self, data: bytes, path: str | None = None) -> str:
        """Put bytes into the bucket, over what is there; return their path."""
        return self.files.upload(data, path or f"service/{uuid4().hex}/file.csv")

    def insert(self, table: str, data: bytes | None = None, **columns: Any) -> Case:
        """Upload a file (of five chunks by default) and insert its job."""
        data = make_csv(2500) if data is None else data
        path = self.upload(data)
        values = {"object_path": path, "target": table, **columns}
        names = ", ".join(values)
        places = ", ".join(["%s"] * len(values))
        given = [Jsonb(value) if isinstance(value, dict) else value for value in values.values()]
        (row,) = self.sql(f"insert into public.import_jobs ({names}) values ({places}) returning id", *given)
        case = Case(row["id"], table, path, data)
        self.cases.append(case)
        return case

    def job(self, job: UUID) -> dict[str, Any]:
        (row,) = self.sql("select * from public.import_jobs where id = %s", job)
        return row

    def until_job(self, case: Case, **values: object) -> dict[str, Any]:
        """Return the job's row once it has these values."""

        def look() -> dict[str, Any] | None:
            row = self.job(case.job)
            return row if all(row[name] == value for name, value in values.items()) else None

        return until(look, lambda: (values, self.job(case.job), self.events(case)))

    def ended(self, case: Case) -> dict[str, Any]:
        """Return the job's row once it has ended; back-offs are cut short."""

        def look() -> dict[str, Any] | None:
            self.sql(HURRY, case.job)
            row = self.job(case.job)
            return row if row["status"] in ENDED else None

        return until(look, lambda: (self.job(case.job), self.events(case)))

    def completed(self, case: Case) -> dict[str, Any]:
        """Return the job's row once it has ended, which must be by completion."""
        job = self.ended(case)
        said = [one.logged("defect") for one in self.processors]
        assert (job["status"], job["error_code"]) == ("completed", None), (
            job["error_code"],
            job["error_message"],
            said,
        )
        return job

    def until_attempt(self, case: Case, attempt: int) -> None:
        """Return once the job is in its `attempt`th attempt; back-offs are cut short."""

        def look() -> bool:
            self.sql(HURRY, case.job)
            row = self.job(case.job)
            return (row["status"], row["attempts"]) == ("running", attempt)

        until(look, lambda: (self.job(case.job), self.events(case)))

    def events(self, case: Case) -> list[str]:
        rows = self.sql("select event from public.import_job_events where job_id = %s order by id", case.job)
        return [row["event"] for row in rows]

    def ledger(self, case: Case) -> list[dict[str, Any]]:
        return self.sql("select * from importer.job_chunks where job_id = %s order by seq", case.job)

    def lease(self, case: Case) -> dict[str, Any] | None:
        rows = self.sql("select * from importer.job_leases where job_id = %s", case.job)
        return rows[0] if rows else None
