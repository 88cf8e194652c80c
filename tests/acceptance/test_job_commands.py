"""The commands about jobs: jobs, job, errors, watch, retry, cancel, undo, targets and queue."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from tests.acceptance import terminal
from tests.acceptance.conftest import Stack, cli
from tests.waiting import until

END_WATCHERS = """
select pg_terminate_backend(pid) from pg_stat_activity
where application_name = 'import-jobs command' and query like '%j.phase, j.target%'
"""
RING_TAKEN_SINCE = "select max(ring_taken_at) > %s as taken from importer.processors"
COMMANDS = ["jobs", "job", "errors", "targets", "queue"]


@pytest.fixture(scope="module")
def table(stack: Stack) -> str:
    """A target whose jobs can be undone."""
    return stack.table("id integer, name text, job uuid", provenance_column="job")


@pytest.fixture(scope="module")
def rejecting(stack: Stack, table: str) -> str:
    """The id of a job that has loaded a row and rejected two."""
    return str(stack.run(b"id,name\n1,Ana\nx,Bia\ny,Caio\n", table)["id"])


def waiting(stack: Stack, table: str) -> UUID:
    """Insert a job that does not start for an hour."""
    path = stack.upload(b"id,name\n7,Zoe\n")
    (row,) = stack.sql(
        "insert into public.import_jobs (object_path, target, run_after) values (%s, %s, now() + interval '1 hour')"
        " returning id",
        path,
        table,
    )
    return row["id"]


def without_space(text: str) -> str:
    return "".join(text.split())


def test_piped_list_has_one_whole_line_for_each_job(stack: Stack, table: str, rejecting: str) -> None:
    done = cli("jobs", "--target", table, env={**stack.env, "COLUMNS": "40"})
    (line,) = [line for line in done.stdout.splitlines() if rejecting in line]
    for cell in ("completed", table, "100 %"):
        assert cell in line


def arguments_of(command: str, table: str, job: str) -> list[str]:
    """Return a command with its arguments."""
    own = {"jobs": ["--target", table], "job": [job], "errors": [job]}
    return [command, *own.get(command, [])]


def parts_of(command: str, table: str, job: str) -> list[str]:
    """Return texts that a command must show as a whole."""
    return {
        "jobs": [job, table, "completed"],
        "job": [job, table, "rows_rejected", "errors.csv", '{"by": "import_processor", "from": "pending"}'],
        "errors": ["IJ403", "x,Bia", "y,Caio"],
        "targets": [table, f"public.{table}"],
        "queue": ["waiting", "running", "alive"],
    }[command]


@pytest.mark.parametrize("columns", [40, 80, 200])
@pytest.mark.parametrize("command", COMMANDS)
def test_nothing_is_cut_at_any_width(stack: Stack, table: str, rejecting: str, command: str, columns: int) -> None:
    shown = terminal.run(*arguments_of(command, table, rejecting), env=stack.env, columns=columns)
    assert shown.status == 0
    assert "…" not in shown.text
    assert max(map(len, shown.lines)) <= columns
    for part in parts_of(command, table, rejecting):
        assert without_space(part) in shown.joined


@pytest.mark.parametrize("command", COMMANDS)
def test_nothing_is_cut_or_broken_when_piped(stack: Stack, table: str, rejecting: str, command: str) -> None:
    piped = cli(*arguments_of(command, table, rejecting), env={**stack.env, "COLUMNS": "40"}).stdout
    for part in parts_of(command, table, rejecting):
        assert part in piped


def test_control_characters_do_not_reach_the_terminal(stack: Stack) -> None:
    name = f"t\u202e{uuid4().hex[:6]}"
    stack.insert(stack.upload(b"id\n1\n"), name)
    shown = terminal.run("jobs", "--target", name, env=stack.env, columns=200)
    assert "\u202e" not in shown.text
    assert "\\u202e" in shown.text


def test_jobs_are_filtered(stack: Stack, table: str, rejecting: str) -> None:
    def ids(*arguments: str) -> list[str]:
        return cli("jobs", *arguments, "--quiet", env=stack.env).stdout.split()

    assert rejecting in ids("--target", table, "--status", "completed")
    assert rejecting in ids("--target", f"public.{table}")
    assert rejecting in ids("--target", table, "--status", "failed", "--status", "completed")
    assert rejecting not in ids("--target", table, "--status", "failed")
    assert ids("--target", table, "--owner", str(uuid4())) == []
    tomorrow = (datetime.now(UTC) + timedelta(days=2)).strftime("%Y-%m-%d")
    assert ids("--target", table, "--since", tomorrow) == []
    assert "no such jobs" in cli("jobs", "--target", table, "--since", tomorrow, env=stack.env).stdout


def test_jobs_are_paged(stack: Stack) -> None:
    table = stack.table("id integer")
    made = [str(waiting(stack, table)) for _ in range(5)]
    pages = [
        cli("jobs", "--target", table, "--limit", "2", "--page", str(page), "--quiet", env=stack.env).stdout.split()
        for page in (1, 2, 3)
    ]
    assert [len(page) for page in pages] == [2, 2, 1]
    assert [job for page in pages for job in page] == made[::-1]
    first = cli("jobs", "--target", table, "--limit", "2", env=stack.env)
    assert "--page 2" in first.stderr
    last = cli("jobs", "--target", table, "--limit", "2", "--page", "3", env=stack.env)
    assert last.stderr == ""


def test_json_of_the_lists_is_an_array_of_objects(stack: Stack, table: str, rejecting: str) -> None:
    (job,) = json.loads(cli("jobs", "--target", table, "--limit", "1", "--json", env=stack.env).stdout)
    assert {"id", "status", "rows_loaded", "rows_rejected", "dry_run"} <= set(job)
    errors = json.loads(cli("errors", rejecting, "--json", env=stack.env).stdout)
    assert [(error["line_number"], error["code"]) for error in errors] == [(3, "IJ403"), (4, "IJ403")]
    targets = json.loads(cli("targets", "--json", env=stack.env).stdout)
    assert table in [target["name"] for target in targets]


def test_json_of_one_job_has_its_rejections_and_events(stack: Stack, rejecting: str) -> None:
    job = json.loads(cli("job", rejecting, "--json", env=stack.env).stdout)
    assert job["rows_rejected"] == len(job["rejections"]) == 2
    assert [event["event"] for event in job["events"]][:2] == ["pending", "running"]


def test_id_may_be_shortened_while_it_is_unique(stack: Stack, table: str, rejecting: str) -> None:
    assert rejecting in cli("job", rejecting[:8], env=stack.env).stdout
    assert rejecting in cli("job", rejecting.replace("-", "").upper()[:20], env=stack.env).stdout
    first, second = "0000aaaa-0000-4000-8000-000000000001", "0000aaaa-0000-4000-8000-000000000002"
    stack.sql("delete from public.import_jobs where id in (%s, %s)", first, second)
    for key in (first, second):
        stack.sql(
            "insert into public.import_jobs (id, object_path, target, run_after) values (%s, 'a', %s, 'infinity')",
            key,
            table,
        )
    several = cli("job", "0000aaaa", env=stack.env)
    assert several.returncode == 1
    assert several.stderr.startswith("error IJ130: several ids begin with 0000aaaa: ")
    assert first in several.stderr
    assert first in cli("job", first[:36], env=stack.env).stdout
    assert cli("job", "zzz", env=stack.env).stderr.startswith("error IJ130: 'zzz' is not the id of a job — ")
    assert cli("job", "ffffffffffff", env=stack.env).stderr.startswith("error IJ108: there is no job ffffffffffff — ")


def test_errors_are_saved_and_can_be_imported_again(stack: Stack, tmp_path: Path) -> None:
    table = stack.table("id integer, name text")
    job = str(stack.run(b"id,name\n1,Ana\nx,Bia\n", table)["id"])
    file = tmp_path / "rejected.csv"
    done = cli("errors", job, "-o", str(file), env=stack.env)
    assert done.returncode == 0, done.stderr
    assert f"import-jobs import {file} --target {table}" in done.stdout
    assert cli("errors", job, "-o", "-", env=stack.env).stdout == file.read_text()
    file.write_text(file.read_text().replace("x,Bia", "2,Bia"))
    assert cli("import", str(file), "--target", table, "--strict", env=stack.env).returncode == 0
    assert stack.rows(table) == [(1, "Ana"), (2, "Bia")]


def test_job_without_rejections_has_no_errors_file(stack: Stack, tmp_path: Path) -> None:
    table = stack.table("id integer")
    job = str(stack.run(b"id\n1\n", table)["id"])
    assert cli("errors", job, env=stack.env).stdout == "no row was rejected\n"
    done = cli("errors", job, "-o", str(tmp_path / "e.csv"), env=stack.env)
    assert (done.returncode, done.stderr.startswith("error IJ130: ")) == (1, True)
    assert not (tmp_path / "e.csv").exists()


def test_job_is_cancelled_retried_and_watched(stack: Stack, table: str) -> None:
    job = str(waiting(stack, table))
    assert f"job {job} is cancelled" in cli("cancel", job[:12], env=stack.env).stdout
    watched = cli("watch", job, env=stack.env)
    assert watched.returncode == 1
    assert "cancelled: 0 rows loaded" in watched.stdout
    stack.sql("update public.import_jobs set run_after = now() where id = %s", job)
    assert f"job {job} is pending again" in cli("retry", job, env=stack.env).stdout
    done = cli("watch", job, env=stack.env)
    assert done.returncode == 0
    assert "completed: 1 row loaded, 0 rejected" in done.stdout
    again = cli("retry", job, env=stack.env)
    assert (again.returncode, again.stderr.startswith("error IJ101: ")) == (1, True)


def test_retry_changes_options(stack: Stack) -> None:
    table = stack.table("id integer")
    job = stack.run(b"id\n1\nx\ny\n", table, {"max_errors": 1})
    assert job["error_code"] == "IJ420"
    done = cli("retry", str(job["id"]), "--option", "max_errors=5", env=stack.env)
    assert done.returncode == 0, done.stderr
    watched = cli("watch", str(job["id"]), env=stack.env)
    assert "completed: 1 row loaded, 2 rejected" in watched.stdout
    assert cli("watch", str(job["id"]), "--strict", env=stack.env).returncode == 1


def test_undone_job_looks_like_what_it_is(stack: Stack, table: str) -> None:
    job = str(stack.run(b"id,name\n5,Eva\n6,Fia\n", table)["id"])
    assert f"job {job} is undone: 2 rows removed" in cli("undo", job, env=stack.env).stdout
    listed = cli("jobs", "--target", table, env=stack.env).stdout
    (line,) = [line for line in listed.splitlines() if job in line]
    assert "completed (undone)" in line
    assert "(2)" in line
    assert "(undone)" in cli("job", job, env=stack.env).stdout
    assert cli("undo", job, env=stack.env).stderr.startswith("error IJ112: ")


def test_dry_run_looks_like_what_it_is(stack: Stack, table: str) -> None:
    job = str(stack.run(b"id,name\n8,Gil\n", table, {"dry_run": True})["id"])
    listed = cli("jobs", "--target", table, env=stack.env).stdout
    (line,) = [line for line in listed.splitlines() if job in line]
    assert "completed (dry run)" in line
    assert "(1)" in line
    assert "(dry run)" in cli("job", job, env=stack.env).stdout


def test_queue_counts_without_naming_anything(stack: Stack, table: str) -> None:
    job = waiting(stack, table)
    queue = json.loads(cli("queue", "--json", env=stack.env).stdout)
    assert queue["scheduled"] >= 1
    assert queue["processor_alive"] is True
    assert str(job) not in json.dumps(queue)
    assert table not in json.dumps(queue)
    text = cli("queue", env=stack.env).stdout
    assert "processor  alive" in text
    cli("cancel", str(job), env=stack.env)


def test_paused_queue_keeps_jobs_pending_until_resumed(stack: Stack, table: str) -> None:
    assert json.loads(cli("pause", "moving\nhouse", "--json", env=stack.env).stdout)["queue_paused"] is True
    try:
        path = stack.upload(b"id,name\n9,Hal\n")
        insert = "insert into public.import_jobs (object_path, target) values (%s, %s) returning id, created_at"
        (row,) = stack.sql(insert, path, table)
        until(lambda: stack.sql(RING_TAKEN_SINCE, row["created_at"]) == [{"taken": True}])
        queue = json.loads(cli("queue", "--json", env=stack.env).stdout)
        assert (queue["queue_paused"], queue["paused_reason"], queue["waiting"]) == (True, "moving house", 1)
        assert "moving house" in cli("queue", env=stack.env).stdout
        (job,) = stack.sql("select status, attempts from public.import_jobs where id = %s", row["id"])
        assert (job["status"], job["attempts"]) == ("pending", 0)
    finally:
        assert cli("resume", env=stack.env).stdout == "resumed\n"
    assert cli("watch", str(row["id"]), env=stack.env).returncode == 0
    assert cli("resume", env=stack.env).stdout == "the queue was not paused\n"
    assert json.loads(cli("queue", "--json", env=stack.env).stdout)["queue_paused"] is False


def test_watch_survives_the_loss_of_its_session(stack: Stack, table: str) -> None:
    job = str(waiting(stack, table))
    command = [sys.executable, "-m", "processor.cli", "watch", job]
    with subprocess.Popen(command, env={**os.environ, **stack.env}, stdout=-1, stderr=-1, text=True) as watch:
        try:
            until(lambda: stack.sql(END_WATCHERS))
            stack.sql("update public.import_jobs set run_after = now() where id = %s", job)
            stack.sql("select importer.sweep_import_jobs()")
            output, errors = watch.communicate(timeout=60)
        finally:
            watch.kill()
    assert (watch.returncode, "completed: 1 row loaded" in output) == (0, True)
    assert "this command waits for the database" in errors


def test_watch_says_after_ten_seconds_why_nobody_works_on_the_job(stack: Stack, table: str) -> None:
    job = str(waiting(stack, table))
    shown = terminal.run(
        "watch", job, env=stack.env, columns=200, interrupt_at="nobody works on the job: it is scheduled"
    )
    assert shown.status == 130
    assert f"import-jobs cancel {job}" in shown.text
    cli("cancel", job, env=stack.env)
