"""`stack up` after a crash and after a reboot: pid files of processes that are gone, and ports that others took."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from processor.local import process_table, processes, run_record, server_account, state
from processor.local.processes import Process
from processor.local.python_command import module_command, module_environment
from tests.integration.stack_command import StackCommand
from tests.servers import server_folder
from tests.waiting import until

SLEEP = "/bin/sleep"


@pytest.fixture(scope="module")
def stack() -> Iterator[StackCommand]:
    """A stack that was started and stopped once, without a processor."""
    with server_folder("import-jobs-leftovers-") as folder:
        stack = StackCommand(folder / "stack")
        with stack.detached("--no-processor"):
            pass
        yield stack


@pytest.fixture
def sleeper() -> Iterator[Process]:
    """A process of the server's account, which has nothing to do with any stack."""
    with open(os.devnull, "wb") as log:
        process = server_account.spawn([SLEEP, "600"], {}, log)
    try:
        yield processes.identify(process.pid)
    finally:
        process.kill()
        process.wait()


def test_pid_files_whose_numbers_belong_to_others_after_a_reboot(stack, sleeper):
    data = stack.data / "postgres" / "data"
    # PostgreSQL itself refuses to start when the number in its pid file is that of a process of its own account.
    (data / "postmaster.pid").write_text(f"{sleeper.pid}\n{data.resolve()}\n1\n5432\n\n127.0.0.1\n\nready\n")
    before_boot = Process(sleeper.pid, "17 another-boot")
    parts = {
        "postgres": run_record.PartRecord(process=before_boot),
        "storage": run_record.PartRecord(process=before_boot),
    }
    run_record.write(stack.data, run_record.RunRecord(before_boot, True, parts))
    assert stack.run("status").stdout.startswith(f"The stack in {stack.data} is not running.\n")
    with stack.detached("--no-processor") as env:
        psycopg.connect(env["DATABASE_URL"]).close()
    assert sleeper.alive


def test_ports_that_others_took_are_replaced_and_named(stack):
    kept = state.load(stack.data)
    assert kept is not None
    with (
        closing(socket.create_server(("127.0.0.1", kept.storage_port))),
        closing(socket.create_server(("127.0.0.1", kept.postgres_port))),
        stack.detached("--no-processor") as env,
    ):
        now = state.load(stack.data)
        assert now is not None
        assert now.storage_port != kept.storage_port
        assert now.postgres_port != kept.postgres_port
        assert now.processor_port == kept.processor_port
        psycopg.connect(env["DATABASE_URL"]).close()
        for part, old, new in (
            ("Postgres", kept.postgres_port, now.postgres_port),
            ("Storage", kept.storage_port, now.storage_port),
        ):
            assert (
                f"(process {os.getpid()}) listens on port {old}, so {part} moves to port {new}; run eval"
                in stack.events()
            )


def test_processes_that_a_killed_supervisor_left_are_ended_by_the_next_up(stack):
    with stack.detached("--no-processor") as before:
        supervisor = stack.processes()["supervisor"]
        # The kernel ends the parts of a killed supervisor; one that is stopped it cannot end in order.
        storage = stack.processes()["storage"]
        os.kill(storage.pid, signal.SIGSTOP)
        os.kill(supervisor.pid, signal.SIGKILL)
        until(lambda: not supervisor.alive)
        status = stack.run("status")
        assert (status.returncode, status.stderr) == (1, "")
        assert "storage was left behind" in status.stdout
        with stack.detached("--no-processor") as after:
            assert after == before
            assert not storage.alive
            assert "ended the processes that a killed stack had left behind" in stack.events()


def test_guard_ends_the_run_of_its_supervisor_and_no_later_one(tmp_path):
    """The guard takes the place of Linux's signal at the death of a parent on other platforms."""
    for supervisor, ends in ((processes.this_process(), True), (Process(1, "another run"), False)):
        with open(os.devnull, "wb") as log:
            part = server_account.spawn([SLEEP, "600"], {}, log)
        try:
            parts = {"storage": run_record.PartRecord(process=processes.identify(part.pid))}
            run_record.write(tmp_path, run_record.RunRecord(processes.this_process(), True, parts))
            guard = subprocess.Popen(
                module_command("processor.local.guard", str(tmp_path), str(supervisor.pid), supervisor.started),
                env={**os.environ, **module_environment()},
                stdin=subprocess.PIPE,
            )
            assert part.poll() is None
            guard.communicate(timeout=60)  # closes the pipe, as the end of the supervisor does
            assert guard.returncode == 0
            assert (part.poll() is not None) == ends
        finally:
            part.kill()
            part.wait()


def test_psutil_knows_what_proc_knows():
    """Other platforms than Linux have no /proc."""
    command = [sys.executable, "-c", "import time; time.sleep(600)"]
    process = subprocess.Popen(command)
    try:
        until(lambda: process_table.arguments(process.pid)[: len(command)] == command)
        assert process_table.arguments_by_psutil(process.pid) == command
        started = process_table.start_time_by_psutil(process.pid)
        assert started is not None
        assert process_table.start_time_by_psutil(process.pid) == started
        assert process_table.start_time_by_psutil(os.getpid()) != started
        process.kill()
        until(lambda: process_table.start_time(process.pid) is None)  # a zombie
        assert process_table.start_time_by_psutil(process.pid) is None
    finally:
        process.kill()
        process.wait()
    assert process_table.start_time_by_psutil(process.pid) is None
    assert process_table.arguments_by_psutil(process.pid) == []


def test_processes_are_found_by_their_working_directory(tmp_path: Path):
    with subprocess.Popen([SLEEP, "600"], cwd=tmp_path) as process:
        try:
            assert process_table.working_in(tmp_path) == [process.pid]
        finally:
            process.kill()
    assert process_table.working_in(tmp_path) == []
