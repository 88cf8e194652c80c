"""The stack starts, serves, stops, and starts again with the same data, keys and ports."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import httpx
import jwt
import psycopg
import pytest

from processor.local import bucket, process_table, processes, run_record, state
from processor.local.child_process import answers
from tests.integration.stack_command import StackCommand, alive, family
from tests.servers import NO_CERTIFICATES, server_folder
from tests.waiting import until

# What `supabase status -o env` has as well, by the official CLI 2.117 and 3.1.
SUPABASE_STATUS = ["API_URL", "REST_URL", "DB_URL", "PUBLISHABLE_KEY", "SECRET_KEY", "JWT_SECRET"]
SUPABASE_STATUS += ["ANON_KEY", "SERVICE_ROLE_KEY"]


@pytest.fixture
def folder() -> Iterator[Path]:
    with server_folder("import-jobs-stack-") as folder:
        yield folder


@pytest.fixture
def new_stack(folder: Path) -> StackCommand:
    """A stack that was never started."""
    return StackCommand(folder / "stack")


@pytest.fixture(scope="module")
def data() -> Iterator[Path]:
    """The data directory of `stack`, for all tests of the file: initdb takes 1 s, and more on a busy machine."""
    with server_folder("import-jobs-stack-") as folder:
        yield folder / "stack"


@pytest.fixture
def stack(data: Path) -> StackCommand:
    """A stack that is not running. The tests start and stop it in every way; its data stay the same."""
    return StackCommand(data)


@pytest.fixture(scope="module")
def running() -> Iterator[tuple[StackCommand, dict[str, str]]]:
    """A running stack with all of its parts, for the tests that only look at it."""
    with server_folder("import-jobs-stack-") as folder:
        stack = StackCommand(folder / "stack", options=())
        with stack.detached() as env:
            yield stack, env


@pytest.mark.parametrize("arguments", [("up",), ("up", "--detach"), ("env",), ("down",)])
def test_data_folder_that_is_a_file_is_an_error_of_one_line(folder: Path, arguments: tuple[str, ...]) -> None:
    file = folder / "file"
    file.write_text("mine")
    done = StackCommand(file).run(*arguments)
    assert done.returncode == 1
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr
    assert str(file) in done.stderr
    assert file.read_text() == "mine"


def test_env_names_what_a_client_and_a_processor_need(running):
    assert list(running[1]) == [
        "DATABASE_URL",
        "PROCESSOR_DATABASE_URL",
        "IMPORT_JOBS_UPLOADER_DATABASE_URL",
        "SUPABASE_URL",
        "SUPABASE_SECRET_KEY",
        "SUPABASE_PUBLISHABLE_KEY",
        "SUPABASE_JWT_SECRET",
        "PROCESSOR_URL",
        "IMPORT_JOBS_WAKE_TOKEN",
        "IMPORT_JOBS_HOST",
        "IMPORT_JOBS_PORT",
        *SUPABASE_STATUS,
    ]


def test_env_has_the_values_of_supabase_status(running):
    _, env = running
    assert env["API_URL"] == env["SUPABASE_URL"]
    assert env["REST_URL"] == f"{env['SUPABASE_URL']}/rest/v1"
    assert env["DB_URL"] == env["DATABASE_URL"]
    assert (env["PUBLISHABLE_KEY"], env["SECRET_KEY"]) == (env["SUPABASE_PUBLISHABLE_KEY"], env["SUPABASE_SECRET_KEY"])
    assert env["JWT_SECRET"] == env["SUPABASE_JWT_SECRET"]
    for name, role in (("ANON_KEY", "anon"), ("SERVICE_ROLE_KEY", "service_role")):
        assert jwt.decode(env[name], env["JWT_SECRET"], algorithms=["HS256"])["role"] == role


def test_database_is_migrated_and_has_its_roles(running):
    _, env = running
    with psycopg.connect(env["DATABASE_URL"]) as conn:
        row = conn.execute("select current_user::text, to_regclass('public.import_jobs') is not null")
        assert row.fetchone() == ("postgres", True)
    with psycopg.connect(env["PROCESSOR_DATABASE_URL"]) as conn:
        row = conn.execute("select current_user::text, rolbypassrls from pg_roles where rolname = current_user")
        assert row.fetchone() == ("import_processor", True)


def test_storage_has_the_declared_bucket(running):
    _, env = running
    listing = httpx.get(
        f"{env['SUPABASE_URL']}/storage/v1/bucket",
        headers={"apikey": env["SUPABASE_SECRET_KEY"]},
        trust_env=False,
        verify=NO_CERTIFICATES,
    ).json()
    wanted = [(b.name, b.public, b.file_size_limit, b.allowed_mime_types) for b in bucket.declared()]
    assert [(b["id"], b["public"], b["file_size_limit"], b["allowed_mime_types"]) for b in listing] == wanted


def test_processor_answers(running):
    assert answers(f"{running[1]['PROCESSOR_URL']}/health")


def test_secrets_are_in_no_command_line_no_log_and_no_readable_file(running):
    stack, env = running
    secrets = [value for name, value in env.items() if name.endswith(("KEY", "SECRET", "TOKEN"))]
    secrets += [env[name].split(":")[2].split("@")[0] for name in env if name.endswith("DATABASE_URL")]
    kept = state.load(stack.data)
    assert kept is not None
    secrets += [*kept.passwords.values(), kept.signing_key["d"]]
    assert len(set(secrets)) == 4 + 2 + len(kept.passwords) + 1  # keys, older keys, passwords, the private key
    for pid in family(stack.processes()["supervisor"].pid):
        line = " ".join(process_table.arguments(int(pid)))
        assert not any(secret in line for secret in secrets)
    for path in stack.data.glob("*.json"):
        assert path.stat().st_mode & 0o077 == 0
    for path in (stack.data / "logs").iterdir():
        assert not any(secret in path.read_text() for secret in secrets)


@pytest.mark.parametrize("how", [[], ["--detach"]])
def test_second_up_is_an_error(running, how):
    stack, _ = running
    second = stack.run("up", *how)
    assert second.returncode == 1
    assert second.stderr.startswith(f"error IJ130: a stack is already running in {stack.data} — ")
    assert second.stderr.count("\n") == 1
    assert stack.ready


def test_down_ends_all_processes_and_up_restores_data_keys_and_ports(stack):
    with stack.detached("--no-processor") as before:
        with psycopg.connect(before["DATABASE_URL"]) as conn:
            conn.execute("create table public.kept as select 42 as answer")
        everything = family(stack.processes()["supervisor"].pid)
        down = stack.run("down")
        assert (down.returncode, down.stderr) == (0, "")
        assert alive(everything) == []
        with stack.detached("--no-processor") as after:
            assert after == before
            with psycopg.connect(after["DATABASE_URL"]) as conn:
                assert conn.execute("select answer from public.kept").fetchone() == (42,)


def test_kill_of_all_processes_loses_no_committed_data(stack):
    with stack.detached("--no-processor") as before:
        with psycopg.connect(before["DATABASE_URL"]) as conn:
            conn.execute("create table public.committed as select 42 as answer")
        stack.kill_all()
        assert stack.run("env").returncode == 1
        with stack.detached("--no-processor") as after:
            assert after == before
            with psycopg.connect(after["DATABASE_URL"]) as conn:
                assert conn.execute("select answer from public.committed").fetchone() == (42,)


def test_kill_of_the_supervisor_ends_all_processes(stack):
    with stack.detached("--no-processor"):
        everything = family(stack.processes()["supervisor"].pid)
        os.kill(stack.processes()["supervisor"].pid, signal.SIGKILL)
        assert stack.run("down").returncode == 0
        until(lambda: alive(everything) == [], seconds=10)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signal_ends_all_processes(stack, number):
    with stack.foreground("--no-processor") as process:
        everything = family(process.pid)
        process.send_signal(number)
        output, errors = process.communicate(timeout=60)
        assert process.returncode == 0
        assert "import-jobs is ready" in output
        assert errors == ""
        assert alive(everything) == []


def test_data_of_a_later_release_are_refused_before_a_processor_starts(new_stack):
    later = "insert into importer.migrations (version, name, release) values ('20990101000000', 'later', '9.0.0')"
    with new_stack.detached("--no-processor") as env, psycopg.connect(env["DATABASE_URL"]) as conn:
        conn.execute(later)
    up = new_stack.run("up", "--detach")
    assert up.returncode == 1
    assert up.stderr.splitlines()[-1].startswith("error IJ132: the schema of the database is too new for import-jobs ")
    assert "Install import-jobs 9.0.0" in up.stderr
    assert not (new_stack.data / "logs" / "processor.log").exists()


def test_two_stacks_side_by_side(stack, running):
    _, other_env = running
    with stack.detached("--no-processor") as env:
        with psycopg.connect(env["DATABASE_URL"]) as conn:
            conn.execute("create table public.mine (id int)")
        with psycopg.connect(other_env["DATABASE_URL"]) as conn:
            assert conn.execute("select to_regclass('public.mine')").fetchone() == (None,)
        shared = [name for name in env if env[name] == other_env[name]]
        assert shared == ["IMPORT_JOBS_HOST"]
        assert stack.run("down").returncode == 0
        assert answers(f"{other_env['SUPABASE_URL']}/health")


@pytest.mark.parametrize("how", [[], ["--detach"]])
def test_part_that_cannot_start_is_named_and_all_processes_end(stack, how):
    up = stack.run("up", *how, IMPORT_JOBS_CHUNK_BYTES="many")
    assert up.returncode == 1
    *details, last = up.stderr.splitlines()
    assert last.startswith("error IJ130: the stack's processor ended while starting (exit status ")
    assert last.endswith(f" — See {stack.data}/logs/processor.log for its output.")
    assert any("IMPORT_JOBS_CHUNK_BYTES" in line for line in details)
    assert "Traceback" not in up.stderr
    assert alive(stack.processes()) == []


def test_env_and_down_without_a_stack_say_what_to_do(new_stack):
    env = new_stack.run("env")
    assert (env.returncode, env.stdout) == (1, "")
    assert env.stderr.startswith(f"error IJ130: no stack is running in {new_stack.data} — Run import-jobs stack up ")
    down = new_stack.run("down")
    assert down.returncode == 1
    assert down.stderr == f"error IJ130: there is no stack in {new_stack.data} — Name its folder with --data.\n"


def test_other_major_version_is_an_error(new_stack):
    new_stack.data.mkdir()
    state.load_or_create(new_stack.data, 17)
    up = new_stack.run("up", "--postgres", "18")
    assert up.returncode == 1
    assert "is a stack with PostgreSQL 17, not 18 — Use --postgres 17 or another --data" in up.stderr


def test_process_with_a_reused_id_is_not_ended(new_stack):
    new_stack.data.mkdir()
    mine = processes.this_process()
    other = processes.Process(mine.pid, "0")
    parts = {"postgres": run_record.PartRecord(process=other)}
    run_record.write(new_stack.data, run_record.RunRecord(other, True, parts))
    (new_stack.data / "state.json").write_text("{}")
    assert new_stack.run("down").stdout == f"No stack was running in {new_stack.data}.\n"
    assert mine.alive
