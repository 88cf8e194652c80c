"""`stack status`, `stack logs`, `stack reset`, and why nobody works on a job of the stack."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg.rows import class_row

from processor.cli.idle import QUEUE, Queue
from processor.cli.idle import waiting as why_waiting
from processor.errors import UserError
from processor.local import reset, state, status
from processor.local.platform import require_packages, require_unix
from tests.integration.stack_command import StackCommand
from tests.servers import server_folder

PARTS = ["postgres", "pgnet", "storage", "rest", "auth"]


@pytest.fixture(scope="module")
def running() -> Iterator[tuple[StackCommand, dict[str, str]]]:
    """A running stack without its processor."""
    with server_folder("import-jobs-commands-") as folder:
        stack = StackCommand(folder / "stack", options=())
        with stack.detached("--no-processor") as env:
            yield stack, env


@pytest.fixture
def empty(tmp_path: Path) -> StackCommand:
    """A folder without a stack."""
    return StackCommand(tmp_path)


def test_status_names_each_part_with_its_process_and_address(running):
    stack, env = running
    done = stack.run("status", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    document = json.loads(done.stdout)
    assert (document["folder"], document["status"], document["postgres"]) == (str(stack.data), "running", 18)
    processes = stack.processes()
    for part in document["parts"]:
        assert (part["status"], part["restarts"], part["reason"]) == ("running", 0, None)
        assert part["process"] == processes[part["part"]].pid
        assert part["log"] == f"{stack.data}/logs/{part['part']}.log"
    addresses = {part["part"]: part["address"] for part in document["parts"]}
    assert list(addresses) == PARTS
    assert addresses["storage"] == f"{env['SUPABASE_URL']}/storage/v1"
    assert addresses["rest"] == f"{env['SUPABASE_URL']}/rest/v1"
    assert addresses["auth"] == f"{env['SUPABASE_URL']}/auth/v1"
    assert addresses["pgnet"] is None
    assert addresses["postgres"] in env["DATABASE_URL"]


def test_status_as_text_and_as_names(running):
    stack, _ = running
    first, header, *rows = stack.run("status").stdout.splitlines()
    assert first == f"The stack in {stack.data} is running, with PostgreSQL 18."
    assert header.split() == ["part", "status", "since", "restarts", "address"]
    assert [row.split()[:2] for row in rows] == [[part, "running"] for part in PARTS]
    assert stack.run("status", "--quiet").stdout.splitlines() == PARTS


def test_status_names_a_pause_of_the_queue(running):
    stack, env = running
    before = json.loads(stack.run("status", "--json").stdout)
    assert (before["queue_paused"], before["paused_reason"], before["paused_since"]) == (False, None, None)
    with psycopg.connect(env["DATABASE_URL"], autocommit=True) as conn:
        conn.execute("select importer.pause('moving house')")
        try:
            document = json.loads(stack.run("status", "--json").stdout)
            lines = stack.run("status").stdout.splitlines()
            queue = conn.cursor(row_factory=class_row(Queue)).execute(QUEUE).fetchone()
        finally:
            conn.execute("select importer.resume()")
    assert (document["queue_paused"], document["paused_reason"]) == (True, "moving house")
    assert document["paused_since"] is not None
    assert "moving house" in lines[1]
    assert why_waiting(queue).endswith("an administrator has paused the queue (moving house)")


def test_part_that_hangs_does_not_answer(running):
    stack, env = running
    storage = stack.processes()["storage"]
    os.kill(storage.pid, signal.SIGSTOP)
    try:
        done = stack.run("status")
        reason = status.why_idle(env["DATABASE_URL"], stack.data)
    finally:
        os.kill(storage.pid, signal.SIGCONT)
    assert done.returncode == 1
    assert f"The stack in {stack.data} is running without all of its parts" in done.stdout
    assert "storage   does not answer" in done.stdout
    assert reason == f"the stack's storage is not working: does not answer; see {stack.data}/logs/storage.log"


def test_status_without_a_stack(empty):
    done = empty.run("status")
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout == (
        f"The stack in {empty.data} is not running.\nTo start it: import-jobs stack up --data {empty.data} --detach\n"
    )


def test_logs_of_all_parts_name_the_part_in_each_line(running):
    stack, _ = running
    done = stack.run("logs", "--lines", "1000")
    assert (done.returncode, done.stderr) == (0, "")
    assert {line.partition(" | ")[0].strip() for line in done.stdout.splitlines()} >= {"stack", "postgres", "pgnet"}
    assert "postgres | " in done.stdout
    assert "database system is ready to accept connections" in done.stdout


def test_logs_of_one_part_are_its_last_lines(running):
    stack, _ = running
    log = (stack.data / "logs" / "postgres.log").read_text().splitlines()
    assert stack.run("logs", "postgres", "--lines", "2").stdout.splitlines() == log[-2:]
    assert stack.run("logs", "pg_net", "--lines", "1", "--json").stdout == '{"part": "pgnet", "line": "ready"}\n'


def test_logs_follow_what_is_written_also_to_a_new_file(tmp_path):
    log = tmp_path / "logs" / "storage.log"
    log.parent.mkdir()
    log.write_text("one\ntwo\n")
    command = [sys.executable, "-m", "processor.cli", "stack", "logs", "storage", "-f", "-n", "1"]
    process = subprocess.Popen(
        [*command, "--data", str(tmp_path)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "two\n"
        with log.open("a") as file:
            file.write("thr")
            file.flush()
            file.write("ee\n")
        assert process.stdout.readline() == "three\n"
        log.rename(log.with_suffix(".log.1"))
        log.write_text("four\n")
        assert process.stdout.readline() == "four\n"
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=30)
        assert (process.returncode, errors) == (130, "")
    finally:
        process.kill()
        process.communicate()


def test_logs_of_an_unknown_part_and_of_no_stack_are_errors(empty):
    unknown = empty.run("logs", "kong")
    assert (unknown.returncode, unknown.stdout) == (1, "")
    assert unknown.stderr == (
        "error IJ130: the stack has no part 'kong'"
        " — Its parts are stack, postgres, storage, pgnet, rest, auth, processor.\n"
    )
    missing = empty.run("logs")
    assert (missing.returncode, missing.stdout) == (1, "")
    assert (
        missing.stderr == f"error IJ130: there is no log in {empty.data}/logs — Name the stack's folder with --data.\n"
    )


def test_why_idle_names_the_part_that_is_missing(running, tmp_path):
    stack, env = running
    url = env["DATABASE_URL"]
    reason = status.why_idle(url, stack.data)
    assert reason == f"the stack in {stack.data} was started without a processor; run import-jobs serve"
    assert status.why_idle("postgresql://postgres@db.example.com:5432/postgres", stack.data) is None
    assert status.why_idle(url, tmp_path) is None


def test_why_idle_of_a_stack_that_does_not_run(tmp_path):
    kept = state.load_or_create(tmp_path, 18)
    assert status.why_idle(kept.database_url(), tmp_path) == (
        f"the stack in {tmp_path} is not running; start it with import-jobs stack up --data {tmp_path}"
    )


def test_reset_asks_first_and_deletes_what_the_stack_has_made(running):
    stack, _ = running
    mine = stack.data / "notes.txt"
    mine.write_text("mine")
    refused = stack.run("reset")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr == (
        f"error IJ130: this would delete all data of the stack in {stack.data} — "
        "Add --yes to do it without a question.\n"
    )
    assert stack.ready
    everything = stack.processes()
    done = stack.run("reset", "--yes")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"The stack in {stack.data} is deleted.\n"
    assert not any(process.alive for process in everything.values())
    assert [path.name for path in stack.data.iterdir()] == [mine.name]
    again = stack.run("reset", "--yes")
    assert (again.returncode, again.stdout) == (1, "")
    assert again.stderr == f"error IJ130: there is no stack in {stack.data} — Name its folder with --data.\n"


def test_reset_that_was_interrupted_can_be_repeated(tmp_path):
    (tmp_path / "postgres" / "data.partial").mkdir(parents=True)
    reset.reset(tmp_path)
    assert not tmp_path.exists()


def test_missing_packages_are_named_by_their_extra():
    require_packages()
    with pytest.raises(UserError, match="the local stack is not installed") as refused:
        require_packages(lambda name: None if name == "psutil" else name)
    assert refused.value.hint == "Run: pip install 'import-jobs[local]'"


def test_windows_is_told_about_wsl():
    with pytest.raises(UserError, match="does not run on Windows itself") as refused:
        require_unix("win32")
    assert "WSL2" in refused.value.hint
    require_unix("darwin")
    require_unix("linux")
