"""`import-jobs import`: its options, its files, what it says about the end, and its exit status."""

import gzip
import json
import socket
import subprocess
import sys
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from processor.cli.content_types import TYPES
from tests.acceptance import terminal
from tests.acceptance import workbook_files as books
from tests.acceptance.conftest import Stack, cli

PEOPLE = "id,name\n1,Ana\n2,Bia\nx,Caio\n"
GOOD = "id,name\n1,Ana\n2,Bia\n"


@pytest.fixture
def people(tmp_path: Path) -> Path:
    """A file with two good rows and a bad one."""
    return written(tmp_path / "people.csv", PEOPLE)


@pytest.fixture
def good(tmp_path: Path) -> Path:
    """A file with two good rows."""
    return written(tmp_path / "good.csv", GOOD)


def written(file: Path, text: str) -> Path:
    file.write_text(text, encoding="utf-8")
    return file


def test_import_follows_the_job_to_its_end(stack: Stack, people: Path) -> None:
    table = stack.table("id integer, name text")
    done = cli("import", str(people), "--target", table, env=stack.env)
    (job,) = stack.sql("select * from public.import_jobs where target = %s", table)
    assert done.returncode == 0, done.stderr
    assert job["status"] == "completed"
    assert f"job {job['id']} imports people.csv into {table}\n" in done.stdout
    assert job["file_name"] == "people.csv"
    assert "completed: 2 rows loaded, 1 rejected in " in done.stdout
    assert f"import-jobs errors {str(job['id'])[:8]}" in done.stdout


@pytest.mark.parametrize(("name", "shown"), [("Relação 2026.csv", "Relação 2026.csv"), ("a\nb.csv", None)])
def test_name_of_the_file_is_shown_unless_it_could_mislead(
    stack: Stack, tmp_path: Path, name: str, shown: str | None
) -> None:
    table = stack.table("id integer, name text")
    done = cli("import", str(written(tmp_path / name, GOOD)), "--target", table, env=stack.env)
    (job,) = stack.sql("select status, file_name from public.import_jobs where target = %s", table)
    assert (done.returncode, job) == (0, {"status": "completed", "file_name": shown})


@pytest.mark.parametrize("name", ["people.xlsx", "people.CSV.GZ"])
def test_storage_is_told_the_type_of_the_file(stack: Stack, tmp_path: Path, name: str) -> None:
    table, file = stack.table("id integer, name text"), tmp_path / name
    is_workbook = name.endswith("xlsx")
    file.write_bytes(
        books.by_openpyxl({"S": [["id", "name"], [1, "Ana"]]}) if is_workbook else gzip.compress(b"id\n1\n")
    )
    done = cli("import", str(file), "--target", table, env=stack.env)
    (job,) = stack.sql("select status, object_path from public.import_jobs where target = %s", table)
    (kept,) = stack.sql("select metadata from storage.objects where name = %s", job["object_path"])
    assert (done.returncode, job["status"]) == (0, "completed")
    assert kept["metadata"]["mimetype"] == (TYPES[".xlsx"] if is_workbook else "application/gzip")


def test_watch_is_still_accepted(stack: Stack, good: Path) -> None:
    done = cli("import", str(good), "--target", stack.table("id integer, name text"), "--watch", env=stack.env)
    assert (done.returncode, "completed: 2 rows loaded" in done.stdout) == (0, True)


def test_no_watch_only_inserts(stack: Stack, good: Path) -> None:
    table = stack.table("id integer, name text")
    done = cli("import", str(good), "--target", table, "--no-watch", env=stack.env)
    (job,) = stack.sql("select id from public.import_jobs where target = %s", table)
    assert (done.returncode, done.stdout) == (0, f"job {job['id']} imports good.csv into {table}\n")
    stack.wait(job["id"])


def test_options_reach_the_job_with_their_types(stack: Stack, tmp_path: Path) -> None:
    table = stack.table("id integer, price numeric, day date, note text")
    file = written(tmp_path / "p.csv", "Nr;Preis;day;note\n1;1,5;24.12.2026;-\n2;2,5;25/12/2026;0\n")
    arguments = ("--option", "delimiter=;", "--option", "max_errors=0", "--option", "atomic=true", "--locale", "de-DE")
    arguments += ("--option", "date_formats=%d.%m.%Y", "--option", "date_formats=%d/%m/%Y")
    arguments += ("--option", "null_values=-", "--option", "null_values=0")
    arguments += ("--mapping", "Nr=id", "--mapping", "Preis=price")
    done = cli("import", str(file), "--target", table, *arguments, env=stack.env)
    assert done.returncode == 0, done.stderr
    (job,) = stack.sql("select options from public.import_jobs where target = %s", table)
    assert job["options"] == {
        "delimiter": ";",
        "max_errors": 0,
        "atomic": True,
        "locale": "de-DE",
        "date_formats": ["%d.%m.%Y", "%d/%m/%Y"],
        "null_values": ["-", "0"],
        "mapping": {"Nr": "id", "Preis": "price"},
    }
    assert [(str(price), note) for _, price, _, note in stack.rows(table)] == [("1.5", None), ("2.5", None)]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--option", "no_such=1"), 'unknown option "no_such"'),
        (("--option", "atomic=perhaps"), 'invalid value for option "atomic"'),
        (("--option", "atomic"), "is not name=value"),
        (("--option", "locale=pt-BR", "--locale", "de-DE"), "the option locale is given twice"),
        (("--mapping", "Header"), "is not Header=column"),
    ],
)
def test_wrong_option_is_an_error_before_the_upload(
    stack: Stack, good: Path, arguments: tuple[str, ...], words: str
) -> None:
    table = stack.table("id integer, name text")
    nowhere = {**stack.env, "SUPABASE_URL": "http://127.0.0.1:1"}
    done = cli("import", str(good), "--target", table, *arguments, env=nowhere)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("error IJ102: ")
    assert words in done.stderr
    assert " — " in done.stderr
    assert stack.sql("select from public.import_jobs where target = %s", table) == []


def test_user_owns_the_job_and_the_file(stack: Stack, good: Path) -> None:
    table, user = stack.table("id integer, name text"), uuid4()
    stack.sql(f"grant insert on public.{table} to authenticated")
    done = cli("import", str(good), "--target", table, "--as-user", str(user), env=stack.env)
    assert done.returncode == 0, done.stderr
    (job,) = stack.sql("select created_by, object_path from public.import_jobs where target = %s", table)
    assert job["created_by"] == user
    assert job["object_path"].startswith(f"{user}/")
    listed = cli("jobs", "--owner", str(user), "--quiet", env=stack.env).stdout.split()
    assert len(listed) == 1


def test_user_who_may_not_import_is_refused_before_the_upload(stack: Stack, good: Path) -> None:
    table = stack.table("id integer, name text")
    stack.sql("update public.import_targets set allowed_when = 'false' where name = %s", table)
    nowhere = {**stack.env, "SUPABASE_URL": "http://127.0.0.1:1"}
    done = cli("import", str(good), "--target", table, "--as-user", str(uuid4()), env=nowhere)
    assert done.returncode == 1
    assert done.stderr.startswith("error IJ601: ")


def test_dry_run_says_what_it_is_and_writes_nothing(stack: Stack, people: Path) -> None:
    table = stack.table("id integer, name text")
    done = cli("import", str(people), "--target", table, "--dry-run", env=stack.env)
    assert done.returncode == 0
    assert " checks people.csv into " in done.stdout
    assert "completed (dry run): 2 rows would be loaded, 1 rejected in " in done.stdout
    assert "Nothing was written" in done.stdout
    assert stack.rows(table) == []


def test_inspect_shows_where_each_header_goes_and_writes_nothing(stack: Stack, people: Path) -> None:
    table = stack.table("id integer, full_name text")
    done = cli("import", str(people), "--target", table, "--inspect", env=stack.env)
    assert done.returncode == 0, done.stderr
    assert " inspects people.csv for " in done.stdout
    lines = [" ".join(line.split()) for line in done.stdout.splitlines()]
    assert "delimiter ',' (found)" in lines
    assert "1 id id name 100 % 1, 2, x" in lines
    assert "2 name 100 % Ana, Bia, Caio" in lines
    assert any(line.startswith("IJ403 in column id, 1 row: ") for line in lines)
    assert stack.rows(table) == []
    assert cli("jobs", "--target", table, env=stack.env).stdout == "no such jobs\n"


def test_inspect_as_json_is_the_result(stack: Stack, good: Path) -> None:
    table = stack.table("id integer, name text")
    done = cli("import", str(good), "--target", table, "--inspect", "--json", env=stack.env)
    result = json.loads(done.stdout)
    assert (result["problems"], result["records"]["read"]) == ([], 2)


def test_several_files_are_jobs_of_their_own(stack: Stack, people: Path, good: Path) -> None:
    table = stack.table("id integer, name text")
    done = cli("import", str(people), str(good), "--target", table, env=stack.env)
    assert done.returncode == 0
    assert done.stdout.count("completed: 2 rows loaded") == 2
    assert len(stack.rows(table)) == 4


def test_one_failed_job_of_several_is_a_failure(stack: Stack, tmp_path: Path, good: Path) -> None:
    table = stack.table("id integer, name text")
    bad = written(tmp_path / "bad.csv", "other\n1\n")
    done = cli("import", str(bad), str(good), "--target", table, env=stack.env)
    assert done.returncode == 1
    assert "failed: 0 rows loaded, 0 rejected" in done.stdout
    assert "completed: 2 rows loaded" in done.stdout
    (error,) = done.stderr.splitlines()
    assert error.startswith("error IJ306: ")
    assert " — " in error


def test_missing_file_is_found_before_the_first_upload(stack: Stack, good: Path) -> None:
    table = stack.table("id integer, name text")
    done = cli("import", str(good), "no-such.csv", "--target", table, env=stack.env)
    assert (done.returncode, done.stderr.startswith("error IJ130: no-such.csv is not a file — ")) == (1, True)
    assert stack.sql("select from public.import_jobs where target = %s", table) == []


def test_standard_input_is_imported(stack: Stack) -> None:
    table = stack.table("id integer, name text")
    command = [sys.executable, "-m", "processor.cli", "import", "-", "--target", table]
    done = subprocess.run(command, env=stack.env, input=GOOD, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "imports standard input into" in done.stdout
    assert stack.rows(table) == [(1, "Ana"), (2, "Bia")]


def test_strict_fails_when_a_row_is_rejected(stack: Stack, people: Path, good: Path) -> None:
    table = stack.table("id integer, name text")
    assert cli("import", str(people), "--target", table, "--strict", env=stack.env).returncode == 1
    assert cli("import", str(good), "--target", table, "--strict", env=stack.env).returncode == 0


def test_json_is_one_document_for_each_job(stack: Stack, people: Path, good: Path) -> None:
    table = stack.table("id integer, name text")
    done = cli("import", str(people), str(good), "--target", table, "--json", env=stack.env)
    first, second = map(json.loads, done.stdout.splitlines())
    assert (first["status"], first["rows_loaded"], first["rows_rejected"]) == ("completed", 2, 1)
    assert second["rows_rejected"] == 0
    assert done.stderr == ""


def test_json_error_is_a_document_on_standard_error(stack: Stack, tmp_path: Path) -> None:
    table = stack.table("id integer")
    bad = written(tmp_path / "bad.csv", "other\n1\n")
    done = cli("import", str(bad), "--target", table, "--json", env=stack.env)
    assert done.returncode == 1
    assert json.loads(done.stdout)["error_code"] == "IJ306"
    assert set(json.loads(done.stderr)) == {"code", "message", "hint"}
    assert json.loads(done.stderr)["code"] == "IJ306"


def test_quiet_prints_the_id_and_nothing_else(stack: Stack, people: Path) -> None:
    table = stack.table("id integer, name text")
    done = cli("import", str(people), "--target", table, "--quiet", env=stack.env)
    (job,) = stack.sql("select id from public.import_jobs where target = %s", table)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{job['id']}\n", "")


def test_duplicate_names_the_earlier_job(stack: Stack, good: Path) -> None:
    table = stack.table("id integer, name text")
    stack.sql("update public.import_targets set on_duplicate_file = 'skip' where name = %s", table)
    first = cli("import", str(good), "--target", table, "--quiet", env=stack.env).stdout.strip()
    done = cli("import", str(good), "--target", table, env=stack.env)
    assert done.returncode == 0
    assert "completed (duplicate): 0 rows loaded" in done.stdout
    assert f"It is a duplicate of job {first}" in done.stdout
    forced = cli("import", str(good), "--target", table, "--option", "force=true", env=stack.env)
    assert "completed: 2 rows loaded" in forced.stdout


def test_skipped_rows_have_a_reason(stack: Stack, good: Path, tmp_path: Path) -> None:
    table = stack.table("id integer primary key, name text", mode="ignore", key_columns=["id"])
    cli("import", str(good), "--target", table, env=stack.env)
    more = written(tmp_path / "more.csv", "id,name\n1,Ana\n\n3,Davi\n")
    done = cli("import", str(more), "--target", table, env=stack.env)
    assert "completed: 1 row loaded, 0 rejected, 2 skipped" in done.stdout
    assert "1 row skipped because rows with their keys exist (mode ignore)." in done.stdout
    assert "1 row skipped, because nothing is in them (blank lines or comments)." in done.stdout


@pytest.mark.parametrize("columns", [40, 80, 200])
def test_progress_is_not_cut(stack: Stack, people: Path, columns: int) -> None:
    table = stack.table("id integer, name text")
    shown = terminal.run("import", str(people), "--target", table, env=stack.env, columns=columns)
    assert shown.status == 0
    for expected in ("uploading", "completed", "completed:2rowsloaded,1rejected", "Tomendthem:import-jobserrors"):
        assert expected in shown.joined
    assert "…" not in shown.text
    assert max(map(len, shown.lines)) <= columns


def test_import_that_is_interrupted_during_the_upload_inserts_nothing(stack: Stack, good: Path) -> None:
    table = stack.table("id integer, name text")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        env = {**stack.env, "SUPABASE_URL": f"http://127.0.0.1:{silent.getsockname()[1]}"}
        shown = terminal.run("import", str(good), "--target", table, env=env, columns=100, interrupt_at="uploading")
    assert shown.status == 130
    assert "interrupted before a job was inserted" in shown.text
    assert stack.sql("select from public.import_jobs where target = %s", table) == []


def test_interrupted_import_says_that_the_job_goes_on(stack: Stack, good: Path) -> None:
    table = stack.table("id integer, name text")
    with psycopg.connect(stack.env["DATABASE_URL"]) as other:
        other.execute(f"lock table public.{table} in access exclusive mode")
        shown = terminal.run(
            "import", str(good), "--target", table, env=stack.env, columns=100, interrupt_at="imports good"
        )
    (job,) = stack.sql("select id from public.import_jobs where target = %s", table)
    assert shown.status == 130
    assert "the job goes on without this command" in shown.text
    assert f"import-jobs watch {job['id']}" in shown.text
    assert f"import-jobs cancel {job['id']}" in shown.text
    assert stack.wait(job["id"])["status"] == "completed"
