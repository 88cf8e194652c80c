"""Every part of the stack that ends is started again, whatever it does then, and no job loses or doubles a row."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Iterator
from contextlib import closing, suppress
from threading import Thread
from urllib.parse import urlsplit

import psutil
import psycopg
import pytest

from processor.local import processes, state
from processor.local.child_process import answers
from processor.local.postgres import SUPERUSER
from tests.integration.stack_command import StackCommand
from tests.servers import StorageFiles, server_folder, turn_fsync_off
from tests.waiting import until

PARTS = ("postgres", "storage", "pgnet", "processor")
# A killed processor's job is taken over when its lease has expired.
SETTINGS = {
    "IMPORT_JOBS_LEASE_SECONDS": "2",
    "IMPORT_JOBS_HEARTBEAT_SECONDS": "0.5",
    "IMPORT_JOBS_SWEEP_SECONDS": "0.5",
    "IMPORT_JOBS_CHUNK_BYTES": "16384",
}
ROWS = 30_000
TABLE = """
create table public.load (id bigint primary key, note text);
select importer.register_target('public.load');
"""
# An attempt that an outage ended goes on later, after a back-off of seconds.
END_BACK_OFF = "update public.import_jobs set run_after = now() where status = 'pending' and run_after > now()"


@pytest.fixture(scope="module")
def running() -> Iterator[tuple[StackCommand, dict[str, str]]]:
    with server_folder("import-jobs-restarts-") as folder:
        stack = StackCommand(folder / "stack")
        with stack.detached(**SETTINGS) as env:
            turn_fsync_off(superuser_url(stack))
            with psycopg.connect(env["DATABASE_URL"], autocommit=True) as conn:
                conn.execute(TABLE)
            yield stack, env


def superuser_url(stack: StackCommand) -> str:
    kept = state.load(stack.data)
    assert kept is not None
    return kept.database_url(SUPERUSER)


class Load:
    """Jobs on a stack, each with rows of its own."""

    def __init__(self, stack: StackCommand, env: dict[str, str]) -> None:
        self.stack, self.env = stack, env
        self.files = StorageFiles(env["SUPABASE_URL"], env["SUPABASE_SECRET_KEY"])
        self.jobs = 0
        with psycopg.connect(env["DATABASE_URL"], autocommit=True) as conn:
            conn.execute("delete from public.import_jobs")
            conn.execute("truncate public.load")

    def one(self, statement: str, parameters: tuple[object, ...] = ()) -> tuple[object, ...]:
        """Return a row; a server that is starting again is asked again."""

        def ask() -> tuple[object, ...] | None:
            with (
                suppress(psycopg.OperationalError),
                psycopg.connect(self.env["DATABASE_URL"], autocommit=True) as conn,
            ):
                return conn.execute(statement, parameters).fetchone()
            return None

        return until(ask, statement)

    def start_job(self) -> object:
        """Insert a job and return its id when it has loaded rows."""
        first = self.jobs * ROWS
        content = "id,note\n" + "".join(f"{first + n},row {n}\n" for n in range(ROWS))
        self.jobs += 1
        path = f"service/{self.jobs}/load.csv"
        until(lambda: self.uploaded(content.encode(), path), "an upload")
        # Each kill of the processor, of Postgres or of Storage may cost each running job an attempt.
        statement = (
            "insert into public.import_jobs (object_path, target, max_attempts) values (%s, 'load', 20) returning id"
        )
        (job,) = self.one(statement, (path,))
        until(lambda: self.one("select rows_loaded from public.import_jobs where id = %s", (job,)) > (0,), "rows")
        return job

    def uploaded(self, content: bytes, path: str) -> bool:
        try:
            self.files.upload(content, path)
        except Exception:  # noqa: BLE001 - Storage is being restarted
            return False
        return True

    def check(self) -> None:
        """Check that every job completes and that each row was loaded once."""
        open_jobs = "select count(*) from public.import_jobs where status in ('pending', 'running')"

        def all_ended() -> bool:
            self.one(f"with due as ({END_BACK_OFF} returning 1) select count(*) from due")
            return self.one(open_jobs) == (0,)

        until(all_ended, "an end of all jobs", seconds=90)
        counts = "select count(*), sum(rows_loaded), bool_and(status = 'completed') from public.import_jobs"
        assert self.one(counts) == (self.jobs, self.jobs * ROWS, True)
        assert self.one("select count(*), min(id), max(id) from public.load") == (
            self.jobs * ROWS,
            0,
            self.jobs * ROWS - 1,
        )


@pytest.mark.nightly
def test_each_part_is_killed_in_turn_under_load(running):
    stack, env = running
    load = Load(stack, env)
    for name in PARTS:
        load.start_job()
        earlier = stack.part(name)
        stack.kill(name)
        later = stack.wait_for_restart(name, earlier.process)
        assert later.restarts == earlier.restarts + 1
        assert later.reason == "was killed (SIGKILL)"
        log = stack.data / "logs" / f"{name}.log"
        assert f"{name} was killed (SIGKILL); restarting it now; see {log}\n" in stack.events()
    load.check()
    assert stack.run("status").returncode == 0


@pytest.mark.nightly
def test_parts_are_killed_together_and_again_under_load(running):
    stack, env = running
    load = Load(stack, env)
    for names in (PARTS, ("postgres", "processor"), ("storage", "pgnet"), PARTS, *((name,) for name in PARTS)):
        load.start_job()
        earlier = {name: stack.part(name).process for name in names}
        stack.kill(*names)
        for name, process in earlier.items():
            stack.wait_for_restart(name, process)
    load.check()


@pytest.mark.nightly
def test_everything_is_killed_under_load_and_the_stack_comes_up_again(running):
    stack, env = running
    load = Load(stack, env)
    for _ in range(3):
        load.start_job()
        stack.kill_all()
        assert stack.run("status").stdout.startswith(f"The stack in {stack.data} is not running")
        assert stack.run("up", "--detach", **SETTINGS).returncode == 0
    load.check()


def test_backend_that_outlives_its_killed_server_is_ended(running):
    stack, env = running
    earlier = stack.part("postgres").process
    with psycopg.connect(env["DATABASE_URL"], autocommit=True) as conn:
        backend = processes.identify(conn.info.backend_pid)
        # A busy backend looks for the death of its server only when it waits for something.
        busy = Thread(target=lambda: run_until_cut(conn, "do $$ begin loop end loop; end $$"))
        busy.start()
        until(lambda: is_active(env, backend.pid), "a busy backend")
        stack.kill("postgres")
        stack.wait_for_restart("postgres", earlier)
        busy.join()
    assert not backend.alive


def is_active(env: dict[str, str], pid: int) -> bool:
    with psycopg.connect(env["DATABASE_URL"], autocommit=True) as conn:
        return conn.execute("select from pg_stat_activity where pid = %s and state = 'active'", (pid,)).rowcount == 1


def run_until_cut(conn: psycopg.Connection, statement: str) -> None:
    with suppress(psycopg.OperationalError):
        conn.execute(statement)


def listen(port: int) -> socket.socket | None:
    """Listen on a port; return None while a thread of a killed process still has it."""
    with suppress(OSError):
        return socket.create_server(("127.0.0.1", port))
    return None


def test_part_whose_port_is_taken_says_so_and_starts_when_it_is_free(running):
    stack, env = running
    assert stack.run("restart", "storage").returncode == 0  # so that earlier tests do not count
    earlier = stack.processes()
    port = urlsplit(env["SUPABASE_URL"]).port
    os.kill(earlier["supervisor"].pid, signal.SIGSTOP)  # else the new process may have the port first
    try:
        stack.kill("storage")
        until(lambda: not earlier["storage"].alive)
        taken = until(lambda: listen(port))
    finally:
        os.kill(earlier["supervisor"].pid, signal.SIGCONT)
    with closing(taken):
        name = psutil.Process().name()
        reason = f"cannot start because {name} (process {os.getpid()}) listens on its port {port}"
        until(lambda: stack.part("storage").reason == reason, lambda: stack.part("storage"))
        status = stack.run("status")
        assert status.returncode == 1
        assert f"The stack in {stack.data} is running without all of its parts" in status.stdout
        assert reason in status.stdout
        assert f"{reason}; restarting it in 1 s" in stack.events()
    stack.wait_for_restart("storage", earlier["storage"])
    assert answers(f"{env['SUPABASE_URL']}/health")


@pytest.mark.parametrize("name", ["storage", "pg_net"])
def test_restart_of_one_part_leaves_the_others(running, name):
    stack, _ = running
    earlier = stack.processes()
    done = stack.run("restart", name)
    assert (done.returncode, done.stdout) == (0, f"restarted: {name.replace('_', '')}\n")
    later = stack.processes()
    assert [part for part in later if later[part] != earlier[part]] == [name.replace("_", "")]


def test_restart_of_all_parts(running):
    stack, env = running
    earlier = stack.processes()
    assert stack.run("restart").returncode == 0
    later = stack.processes()
    assert {part for part in later if later[part] != earlier[part]} == set(PARTS)
    assert answers(f"{env['PROCESSOR_URL']}/health")


def test_restart_of_an_unknown_part_is_an_error(running):
    done = running[0].run("restart", "kong")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        "error IJ130: the stack has no part 'kong' — Its parts are postgres, pgnet, storage, processor.\n"
    )
