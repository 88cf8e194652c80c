"""The command line: its output, and for every error one line and a non-zero exit status."""

import re
import socket
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from tests.acceptance.conftest import Stack, cli

NOTHING_LISTENS = {
    "DATABASE_URL": "postgresql://postgres:x@127.0.0.1:1/postgres",
    "SUPABASE_URL": "http://127.0.0.1:1",
    "SUPABASE_SECRET_KEY": "sb_secret_x",
}
UNSET = dict.fromkeys(("DATABASE_URL", "SUPABASE_URL", "SUPABASE_SECRET_KEY", "SUPABASE_SERVICE_ROLE_KEY"), "")


def assert_one_line(done: CompletedProcess[str], *words: str) -> None:
    """Check that a command failed and that its error is one line with these words."""
    assert done.returncode != 0
    assert "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr
    assert re.match(r"error IJ\d{3}: ", done.stderr)
    assert " — " in done.stderr
    for word in words:
        assert word in done.stderr


@pytest.fixture
def people(tmp_path: Path) -> Path:
    file = tmp_path / "Pessoas de São Paulo.csv"
    file.write_text("id,name\n1,Ana\n2,Bia\nx,Caio\n", encoding="utf-8")
    return file


def test_import_watches_until_completed(stack: Stack, people: Path) -> None:
    table = stack.table("id integer, name text")
    done = cli("import", str(people), "--target", table, "--watch", env=stack.env)
    assert done.returncode == 0, done.stderr
    assert "completed" in done.stdout
    assert "2 rows loaded, 1 rejected" in done.stdout
    (job,) = stack.sql("select * from public.import_jobs where target = %s", table)
    assert job["object_path"].endswith("/pessoas-de-sao-paulo.csv")
    assert job["object_path"].isascii()


def test_import_that_fails_exits_non_zero_with_code_and_hint(stack: Stack, tmp_path: Path) -> None:
    table = stack.table("id integer")
    file = tmp_path / "wrong.csv"
    file.write_text("other\n1\n")
    done = cli("import", str(file), "--target", table, "--watch", env=stack.env)
    assert done.returncode == 1
    assert "IJ306" in done.stdout
    assert "Traceback" not in done.stderr


def test_import_without_watch_prints_the_job(stack: Stack, people: Path) -> None:
    table = stack.table("id integer, name text")
    done = cli("import", str(people), "--target", table, env=stack.env)
    assert done.returncode == 0
    (job,) = stack.sql("select id from public.import_jobs where target = %s", table)
    assert str(job["id"]) in done.stdout
    stack.wait(job["id"])


def test_jobs_and_job_show_the_job(stack: Stack) -> None:
    table = stack.table("id integer")
    job = stack.run(b"id\n1\nx\n", table)
    jobs = cli("jobs", env={**stack.env, "COLUMNS": "200"})
    assert str(job["id"]) in jobs.stdout
    shown = cli("job", str(job["id"]), env={**stack.env, "COLUMNS": "200"})
    for expected in ("completed", table, "IJ403", "pending", "running"):
        assert expected in shown.stdout


def test_migrate_does_nothing_when_all_are_applied(stack: Stack) -> None:
    done = cli("migrate", env=stack.env)
    assert (done.returncode, done.stdout) == (0, "nothing to do: all migrations are applied\n")


@pytest.mark.parametrize(
    "arguments",
    [
        ("jobs",),
        ("job", "75aa41d4-60df-4b14-8202-d32da27fd0f9"),
        ("migrate",),
        ("configure", "--processor-url", "http://x"),
        ("import", __file__, "--target", "x"),
        ("watch", "75aa41d4"),
        ("errors", "75aa41d4"),
        ("retry", "75aa41d4"),
        ("cancel", "75aa41d4"),
        ("undo", "75aa41d4"),
        ("targets",),
        ("queue",),
    ],
)
def test_missing_variable_and_unreachable_database_are_one_line(arguments: tuple[str, ...]) -> None:
    assert_one_line(cli(*arguments, env=UNSET), "is not set")
    assert_one_line(cli(*arguments, env=NOTHING_LISTENS), "the database does not answer")


def test_wrong_arguments_are_one_line(stack: Stack, people: Path) -> None:
    assert_one_line(cli("import", "no-such-file.csv", "--target", "x", env=stack.env), "no-such-file.csv is not a file")
    assert_one_line(cli("import", str(people), "--target", "no_such", env=stack.env), "no_such", "register_target")
    assert_one_line(cli("job", "xyz", env=stack.env), "xyz")
    assert_one_line(cli("job", "75aa41d4-60df-4b14-8202-d32da27fd0f9", env=stack.env), "there is no job")
    assert_one_line(cli("configure", "--processor-url", "http://host:99999", env=stack.env), "not a URL")
    assert_one_line(cli("jobs", env={"DATABASE_URL": "nonsense"}), "not a connection string")
    assert_one_line(cli("serve", env={**stack.env, "IMPORT_JOBS_PORT": "many"}), "IMPORT_JOBS_PORT")


def test_address_that_cannot_be_bound_is_one_line(stack: Stack) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = cli("serve", env={**stack.env, "IMPORT_JOBS_HOST": "127.0.0.1", "IMPORT_JOBS_PORT": port})
    assert_one_line(done, f"cannot listen on 127.0.0.1, port {port}", "Address already in use", "IMPORT_JOBS_PORT")
    for host in ("192.0.2.1", "no.such.host.invalid", "a..b"):
        assert_one_line(cli("serve", env={**stack.env, "IMPORT_JOBS_HOST": host}), f"cannot listen on {host}, port ")


def test_wrong_key_and_unreachable_storage_are_one_line(stack: Stack, people: Path) -> None:
    table = stack.table("id integer, name text")
    arguments = ("import", str(people), "--target", table)
    assert_one_line(cli(*arguments, env={**stack.env, "SUPABASE_SECRET_KEY": "sb_secret_wrong"}), "Storage")
    assert_one_line(cli(*arguments, env={**stack.env, "SUPABASE_URL": "http://127.0.0.1:1"}), "Storage does not answer")


def test_invalid_supabase_url_is_one_line(stack: Stack, people: Path) -> None:
    """tests/unit/test_config.py has the other invalid URLs."""
    env = {**stack.env, "SUPABASE_URL": "http://127.0.0.1:99999"}
    assert_one_line(cli("import", str(people), "--target", "x", env=env), "SUPABASE_URL is not a URL")
    assert_one_line(cli("serve", env=env), "SUPABASE_URL is not a URL")


def test_invalid_key_is_one_line_that_does_not_repeat_it(stack: Stack, people: Path) -> None:
    """tests/unit/test_config.py has the other invalid keys."""
    env = {**stack.env, "SUPABASE_SECRET_KEY": "sb_secret_one\nsb_secret_two"}
    for arguments in (("import", str(people), "--target", "x"), ("serve",)):
        done = cli(*arguments, env=env)
        assert_one_line(done, "SUPABASE_SECRET_KEY contains a character that is not allowed in a key")
        assert "sb_secret" not in done.stderr


def test_refused_connection_repeats_the_message_of_the_database(stack: Stack) -> None:
    server = stack.env["DATABASE_URL"].rpartition("@")[2]
    done = cli("jobs", env={"DATABASE_URL": f"postgresql://postgres:wrong-word@{server}"})
    assert_one_line(done, "refused the connection", "password authentication failed", "Check the user, the password")
    assert "wrong-word" not in done.stderr
    missing = {"DATABASE_URL": stack.env["DATABASE_URL"].rsplit("/", 1)[0] + "/nodb"}
    for command in ("jobs", "migrate", "serve"):
        assert_one_line(cli(command, env={**stack.env, **missing}), 'database "nodb" does not exist')


@pytest.mark.parametrize(("target", "table"), [("x", "public.x"), ("app.x", "app.x"), ("it's", "public.it''s")])
def test_unknown_target_names_the_statement_that_registers_it(
    stack: Stack, people: Path, target: str, table: str
) -> None:
    done = cli("import", str(people), "--target", target, env=stack.env)
    assert_one_line(done, f"select importer.register_target('{table}')")


def test_database_without_migrations_is_one_line(stack: Stack) -> None:
    stack.sql("create database bare")
    bare = stack.env["DATABASE_URL"].rsplit("/", 1)[0] + "/bare"
    assert_one_line(cli("jobs", env={"DATABASE_URL": bare}), "import-jobs migrate")
    assert_one_line(cli("serve", env={**stack.env, "DATABASE_URL": bare}), "import-jobs migrate")
