"""An embedded stack with a network that tests can break.

Processors reach Postgres and Storage through proxies, and the stand-in for pg_net rings them.
"""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Mapping
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
from tests.faults.processors import ForkServer, Processor
from tests.faults.proxies.storage_proxy import StorageProxy
from tests.faults.proxies.tcp_proxy import TcpProxy
from tests.servers import StorageFiles
from tests.waiting import until

ENDED = ("completed", "failed", "cancelled")
# Seconds: the shortest lease that is allowed, and one that holds on a busy machine.
SHORT_LEASE, LONG_LEASE = 2, 60
# Ends a back-off, which is random and takes up to seconds.
END_BACK_OFF = """
update public.import_jobs set run_after = now() where id = %s and status = 'pending' and run_after > now()
"""
# Ends the leases of lost processors, which saves up to SHORT_LEASE. Some of test_paused_processor.py end by themselves.
END_LEASE = """
update importer.job_leases set expires_at = clock_timestamp()
where job_id = %s and worker = any (%s) and expires_at > clock_timestamp()
"""
# BEFORE ROW triggers fire during the COPY. The lock is shared, so that an open gate lets all sessions through at once.
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


def execute(
    conn: psycopg.Connection[dict[str, Any]], statement: str, parameters: tuple[Any, ...]
) -> list[dict[str, Any]]:
    """Execute a statement; return its rows, if it returns rows."""
    cursor = conn.execute(statement, parameters or None)
    return cursor.fetchall() if cursor.description else []


@dataclass(slots=True, kw_only=True)
class FaultStack:
    """The stack that one test works with. `cases` and `processors` are those of the current test."""

    local: LocalStack
    fork_server: ForkServer
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
        """The connection string of the superuser, past all proxies."""
        return self.local.server.url()

    def sql(self, statement: str, *parameters: Any, role: str = "postgres") -> list[dict[str, Any]]:
        """Execute a statement past all proxies, as the administrator by default; return its rows."""
        # The session is kept, because a handshake costs more than most statements. A crash of Postgres ends it.
        session = self._sessions.get(role)
        if session is not None and not session.closed:
            with contextlib.suppress(psycopg.OperationalError):
                return execute(session, statement, parameters)
        url = self.local.state.database_url(role)
        self._sessions[role] = psycopg.connect(url, autocommit=True, row_factory=dict_row)
        return execute(self._sessions[role], statement, parameters)

    def hold(self, statement: str, *parameters: object) -> AbstractContextManager[Hold]:
        """Take a lock until the block ends."""
        return held(self.superuser_url, statement, *parameters)

    def gate(self, row: int) -> AbstractContextManager[Hold]:
        """Hold each COPY that reaches the row with this id, in targets that are gated at it, until the block ends."""
        return self.hold("select pg_advisory_lock(%s, %s)", GATE, row)

    def processor(
        self,
        *arguments: str,
        lease: int = LONG_LEASE,
        direct: bool = False,
        database: str | None = None,
        variables: Mapping[str, str] | None = None,
        **settings: object,
    ) -> Processor:
        """Start a processor and wait until it accepts requests; a `direct` one connects to Postgres past the proxy.

        `arguments` are those of `import-jobs serve`. `database` is another connection string of the processor's role.
        `settings` are further variables, without the prefix IMPORT_JOBS_ and in lower case; `variables` have any names.
        """
        state = self.local.state
        port = self._processor_port()
        port_of_database = state.postgres_port if direct else self.postgres.port

        def url(role: str) -> str:
            return state.database_url(role).replace(f":{state.postgres_port}/", f":{port_of_database}/")

        env = {
            "DATABASE_URL": database or url(floor.PROCESSOR),
            "IMPORT_JOBS_UPLOADER_DATABASE_URL": url(floor.UPLOADER),
            "SUPABASE_URL": f"http://127.0.0.1:{self.storage_line.port}",
            "SUPABASE_SECRET_KEY": state.secret_key,
            "IMPORT_JOBS_HOST": "127.0.0.1",
            "IMPORT_JOBS_PORT": str(port),
            "IMPORT_JOBS_LEASE_SECONDS": str(lease),
            "IMPORT_JOBS_HEARTBEAT_SECONDS": "0.3",
            "IMPORT_JOBS_SWEEP_SECONDS": "0.2",
            "IMPORT_JOBS_CHUNK_BYTES": str(64 * 1024),
            **{f"IMPORT_JOBS_{name.upper()}": str(value) for name, value in settings.items()},
            **(variables or {}),
        }
        log = self.local.directory / "logs" / f"processor-{next(_numbers)}.log"
        processor = Processor(fork_server=self.fork_server, log=log, port=port, env=env, arguments=arguments)
        self.processors.append(processor)
        return processor.wait_ready()

    def _processor_port(self) -> int:
        """Return the port that rings go to, or another one if a processor uses it."""
        port = self.local.state.processor_port
        taken = any(processor.port == port and not processor.ended for processor in self.processors)
        return free_port() if taken else port

    def table(self, *gates: int, key: str = "") -> str:
        """Create a target that is gated at the rows with these ids; return its name.

        It has no key unless `key` says so, so that a row that is loaded twice is seen.
        """
        name = f"t_{uuid4().hex[:12]}"
        self.sql(f"create table public.{name} (id integer {key}, note text)")
        self.sql(f"select importer.register_target('public.{name}')")
        if gates:
            self.sql(GATED.format(name, GATE, ",".join(map(str, gates))))
        return name

    def insert(self, table: str, data: bytes | None = None, **columns: Any) -> Case:
        """Upload a file, of five chunks by default, and insert its job."""
        data = make_csv(2500) if data is None else data
        path = self.files.upload(data, f"service/{uuid4().hex}/file.csv")
        values = {"object_path": path, "target": table, **columns}
        names = ", ".join(values)
        placeholders = ", ".join(["%s"] * len(values))
        parameters = [Jsonb(value) if isinstance(value, dict) else value for value in values.values()]
        statement = f"insert into public.import_jobs ({names}) values ({placeholders}) returning id"
        (row,) = self.sql(statement, *parameters)
        case = Case(row["id"], table, path, data)
        self.cases.append(case)
        return case

    def job(self, job: UUID) -> dict[str, Any]:
        """Return the row of a job."""
        (row,) = self.sql("select * from public.import_jobs where id = %s", job)
        return row

    def until_job(self, case: Case, **values: object) -> dict[str, Any]:
        """Return the row of the job once it has these values."""

        def look() -> dict[str, Any] | None:
            row = self.job(case.job)
            return row if all(row[name] == value for name, value in values.items()) else None

        return until(look, lambda: (values, self.job(case.job), self.events(case)))

    def ended(self, case: Case) -> dict[str, Any]:
        """Return the row of the job once it has ended; back-offs and the leases of lost processors are cut short."""

        def look() -> dict[str, Any] | None:
            row = self._job_without_delays(case)
            return row if row["status"] in ENDED else None

        return until(look, lambda: (self.job(case.job), self.events(case)))

    def completed(self, case: Case) -> dict[str, Any]:
        """Return the row of the job once it has ended, which must be by completion."""
        job = self.ended(case)
        defects = [processor.logged("defect") for processor in self.processors]
        assert (job["status"], job["error_code"]) == ("completed", None), (
            job["error_code"],
            job["error_message"],
            defects,
        )
        return job

    def until_attempt(self, case: Case, attempt: int) -> None:
        """Return once the job runs in this attempt; back-offs and the leases of lost processors are cut short."""

        def look() -> bool:
            row = self._job_without_delays(case)
            return (row["status"], row["attempts"]) == ("running", attempt)

        until(look, lambda: (self.job(case.job), self.events(case)))

    def _job_without_delays(self, case: Case) -> dict[str, Any]:
        """Return the row of the job, after ending its back-off and a lease of a lost processor."""
        self.sql(END_BACK_OFF, case.job)
        if lost := [processor.worker for processor in self.processors if processor.is_lost]:
            self.sql(END_LEASE, case.job, lost)
        return self.job(case.job)

    def events(self, case: Case) -> list[str]:
        """Return the names of the job's events, in order."""
        rows = self.sql("select event from public.import_job_events where job_id = %s order by id", case.job)
        return [row["event"] for row in rows]

    def ledger(self, case: Case) -> list[dict[str, Any]]:
        """Return the ledger entries of the job, in the order of the file."""
        return self.sql("select * from importer.job_chunks where job_id = %s order by seq", case.job)

    def attempts(self, case: Case) -> list[int]:
        """Return the attempt that loaded each chunk, in the order of the file."""
        return [entry["attempt"] for entry in self.ledger(case)]

    def lease(self, case: Case) -> dict[str, Any] | None:
        """Return the lease on the job, if there is one."""
        rows = self.sql("select * from importer.job_leases where job_id = %s", case.job)
        return rows[0] if rows else None
