"""`import-jobs doctor` on a running stack: what it prints, and what it finds beyond importer.doctor()."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from processor import config
from processor.cli import doctor
from processor.doctor import bells, database, examination, fixes, in_sql, storage
from processor.doctor.check import Check, Problem, Result, Severity, run
from processor.doctor.installation import Installation
from tests.acceptance.conftest import Stack, cli
from tests.faults.proxies.transaction_pooler import TransactionPooler
from tests.integration.pgnet_harness import Recorder

LOGIN = "Check the user, the password and the database in DATABASE_URL."
SERVER = "Check DATABASE_URL, and that the server is running."
KEY = "Check SUPABASE_SECRET_KEY and SUPABASE_URL."
STORAGE = "Check SUPABASE_URL, and that Storage runs."
BUCKET = "Check SUPABASE_URL and SUPABASE_SECRET_KEY; if both are right, create a private bucket imports in Storage."
VARIABLES = "docs/reference/configuration.md lists all variables."
SET_TOKEN = "Set IMPORT_JOBS_WAKE_TOKEN to that of the processor and run import-jobs configure --processor-url URL."
STORE_TOKEN = "Run import-jobs configure --processor-url URL, which stores that token."
FORM = "Use the form postgresql://user:password@host:5432/postgres."
#: A group of checks, the names of those before it on which it depends, and what it finds with other variables.
SETTINGS = [
    (database.CHECKS, {"DATABASE_URL": "postgresql://postgres:wrong@{host}"}, "database", "IJ131", LOGIN),
    (database.CHECKS, {"DATABASE_URL": "postgresql://postgres:x@127.0.0.1:9/postgres"}, "database", "IJ501", SERVER),
    (database.CHECKS, {"DATABASE_URL": "postgresql://postgres:x@{storage}/postgres"}, "database", "IJ501", SERVER),
    (database.CHECKS, {"DATABASE_URL": "postgresql://x@no-such-host.invalid/x"}, "database", "IJ501", SERVER),
    (database.CHECKS, {"DATABASE_URL": "nonsense"}, "database", "IJ131", FORM),
    (
        database.CHECKS,
        {"DATABASE_URL": "{IMPORT_JOBS_UPLOADER_DATABASE_URL}"},
        "schema_version",
        "IJ603",
        "Use the role of an administrator.",
    ),
    (
        database.CHECKS,
        {"IMPORT_JOBS_UPLOADER_DATABASE_URL": "{DATABASE_URL}"},
        "uploader",
        "IJ603",
        "Use the role import_uploader, or unset the variable.",
    ),
    (
        database.CHECKS,
        {"IMPORT_JOBS_UPLOADER_DATABASE_URL": "postgresql://import_uploader:wrong@{host}"},
        "uploader",
        "IJ131",
        LOGIN.replace("DATABASE_URL", "IMPORT_JOBS_UPLOADER_DATABASE_URL"),
    ),
    (database.CHECKS, {"IMPORT_JOBS_MAX_JOBS": "many"}, "environment", "IJ131", VARIABLES),
    (storage.CHECKS, {"SUPABASE_SECRET_KEY": "sb_secret_of_another_project"}, "storage_key", "IJ202", KEY),
    (storage.CHECKS, {"SUPABASE_SECRET_KEY": "{SUPABASE_PUBLISHABLE_KEY}"}, "storage_key", "IJ202", KEY),
    (storage.CHECKS, {"SUPABASE_URL": "http://127.0.0.1:9"}, "storage_reachable", "IJ203", STORAGE),
    (storage.CHECKS, {"SUPABASE_URL": "{PROCESSOR_URL}"}, "storage_bucket", "IJ201", BUCKET),
    (
        storage.CHECKS,
        {"IMPORT_JOBS_MAX_FILE_BYTES": "1000000"},
        "bucket_size",
        "",
        "Raise IMPORT_JOBS_MAX_FILE_BYTES, or lower the limit of the bucket.",
    ),
]


@contextmanager
def installation(stack: Stack, **variables: str) -> Iterator[Installation]:
    """Yield the stack as an installation, with other variables than its own."""
    environ = stack.env | variables
    try:
        one = Installation(environ["DATABASE_URL"], config.from_environment(environ))
    except config.BadEnvironment as exc:
        one = Installation(environ["DATABASE_URL"], None, exc)
    try:
        yield one
    finally:
        one.close()


def problems(checks: tuple[Check, ...], one: Installation, *sound: str) -> list[tuple[str, str, str]]:
    """Return the problems that a group of checks finds, as (check, code, hint)."""
    results = run(checks, one, set(sound))
    return [
        (result.name, result.answer.code, result.answer.hint)
        for result in results
        if isinstance(result.answer, Problem)
    ]


@contextmanager
def setting(stack: Stack, name: str, value: str) -> Iterator[None]:
    """Give a setting of the database another value for the length of a block."""
    statement = "update importer.settings set value = %s where name = %s"
    (before,) = stack.sql("select value from importer.settings where name = %s", name)
    stack.sql(statement, value, name)
    try:
        yield
    finally:
        stack.sql(statement, before["value"], name)


@pytest.mark.parametrize(
    ("checks", "variables", "name", "code", "hint"),
    SETTINGS,
    ids=[f"{case[2]}-{at}" for at, case in enumerate(SETTINGS)],
)
def test_wrong_setting_is_one_problem(
    stack: Stack, checks: tuple[Check, ...], variables: dict[str, str], name: str, code: str, hint: str
) -> None:
    places = {
        "host": stack.env["DATABASE_URL"].rpartition("@")[2],
        "storage": stack.env["SUPABASE_URL"].removeprefix("http://"),
    }
    changed = {variable: value.format(**places, **stack.env) for variable, value in variables.items()}
    with installation(stack, **changed) as one:
        assert problems(checks, one, "environment") == [(name, code, hint)]


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("import_jobs_processor_url", "http://127.0.0.1:9", ("url_reachable", "", bells.URL_HINT)),
        pytest.param(
            "import_jobs_processor_url",
            "{SUPABASE_URL}",
            ("url_reachable", "", bells.URL_HINT),
            marks=pytest.mark.nightly,
        ),
        ("import_jobs_wake_token", "another token", ("token_equal", "", SET_TOKEN)),
    ],
    ids=["nobody", "another-server", "token"],
)
def test_ring_that_fails_says_why(stack: Stack, name: str, value: str, problem: tuple[str, str, str]) -> None:
    with (
        setting(stack, name, value.format(**stack.env)),
        installation(stack, IMPORT_JOBS_WAKE_TOKEN="") as one,
    ):
        assert problems(bells.CHECKS, one, "pooler", *bells.RINGS) == [problem]
        assert stack.sql("select from importer.open_rings()") == []


def test_token_of_the_environment_is_compared_without_a_ring(stack: Stack) -> None:
    with installation(stack, IMPORT_JOBS_WAKE_TOKEN="another token") as one:
        assert problems(bells.CHECKS, one, "wake_token") == [("token_equal", "", STORE_TOKEN)]
        assert one.seen == {}


TAKES_NONE = "Check that the stored URL is that of a processor on this database, and that it works: GET /ready."


@pytest.mark.nightly
@pytest.mark.parametrize(
    ("path", "problem"),
    [("", ("ring", "", TAKES_NONE)), ("/never", ("url_reachable", "", bells.URL_HINT))],
    ids=["another-server", "no-answer"],
)
def test_ring_that_nobody_takes_is_forgotten(stack: Stack, path: str, problem: tuple[str, str, str]) -> None:
    with (
        Recorder() as recorder,
        setting(stack, "import_jobs_processor_url", recorder.url + path),
        installation(stack) as one,
    ):
        assert problems(bells.CHECKS, one, "pooler", *bells.RINGS) == [problem]
    assert stack.sql("select from importer.open_rings()") == []


def test_pooler_in_transaction_mode_is_named_and_not_listened_through(stack: Stack) -> None:
    with TransactionPooler(stack.env["DATABASE_URL"], 3) as server:
        url = f"postgresql://postgres@127.0.0.1:{server.port}/postgres?sslmode=disable"
        with installation(stack, DATABASE_URL=url) as one:
            names = [name for name, _, _ in problems(database.CHECKS, one)]
            skipped = next(run(bells.CHECKS[:1], one, set()))
        assert names == ["pooler"]
        assert skipped.document()["status"] == "skipped"


@pytest.mark.parametrize("seconds", [-3600, -60, 60])
def test_clock_that_differs(stack: Stack, seconds: int) -> None:
    with installation(stack) as one:
        one.clock = lambda: time.time() + seconds
        hint = "Set both by NTP: tokens and signed URLs would expire too early or too late."
        assert problems(database.CHECKS, one) == [("clock", "", hint)]


@pytest.fixture
def dropped(stack: Stack) -> Iterator[str]:
    """The name of a target whose table is gone, the only such target of the stack."""
    stack.sql("delete from public.import_targets as t where importer.registered_table(t) is null")
    name = stack.table("id integer")
    stack.sql(f"drop table public.{name}")
    yield name
    stack.sql("delete from public.import_targets where name = %s", name)


def test_fix_mends_and_then_every_line_is_a_tick(stack: Stack, dropped: str) -> None:
    stack.sql(f"create table public.{dropped} (id integer); grant insert on public.{dropped} to import_processor")
    done = cli("doctor", "--fix", env=stack.env)
    first, *lines = done.stdout.splitlines()
    assert (done.returncode, first, done.stderr) == (0, "mended targets", "")
    assert len(lines) >= 40
    assert [line for line in lines if not line.startswith("✓ ")] == []


def test_fix_that_the_role_may_not_make_says_so(stack: Stack, dropped: str) -> None:
    with installation(stack, DATABASE_URL=stack.env["PROCESSOR_DATABASE_URL"]) as one:
        results = list(in_sql.run(one, {"database_role"}))
        assert [result.name for result in examination.problems(results)] == ["targets"]
        failed = fixes.mend(one, results)
        assert list(failed) == ["targets"]
        assert failed["targets"].startswith("permission denied for the role in DATABASE_URL")
    (target,) = stack.sql("select count(*) as kept from public.import_targets where name = %s", dropped)
    assert target == {"kept": 1}


def test_json_has_each_check(stack: Stack) -> None:
    variables = stack.env | {"SUPABASE_URL": "http://127.0.0.1:9"}
    done = cli("doctor", "--json", env=variables)
    document = json.loads(done.stdout)
    checks = {check["name"]: check for check in document["checks"]}
    assert (done.returncode, done.stderr, document["mended"]) == (1, "", [])
    assert checks["storage_reachable"] == {
        "name": "storage_reachable",
        "severity": "error",
        "status": "problem",
        "code": "IJ203",
        "message": "Storage could not be reached (NewConnectionError)",
        "hint": STORAGE,
        "measured": None,
    }
    assert (checks["storage_key"]["status"], checks["ring"]["status"]) == ("skipped", "ok")
    assert str(checks["ring"]["measured"]).endswith(" ms")


@pytest.mark.parametrize(
    ("severities", "status"), [((), 0), (("note",), 0), (("warning", "note"), 3), (("warning", "error"), 1)]
)
def test_exit_status_is_that_of_the_worst_problem(severities: tuple[Severity, ...], status: int) -> None:
    assert doctor.status([Result("name", severity, Problem("m", "h")) for severity in severities]) == status


def test_without_a_database_there_is_one_line_with_code_and_hint(stack: Stack) -> None:
    done = cli("doctor", env=stack.env | {"DATABASE_URL": "postgresql://postgres:hidden@127.0.0.1:9/postgres"})
    assert (done.returncode, done.stderr) == (1, "")
    lines = [" ".join(line.split()) for line in done.stdout.splitlines() if not line.startswith(("✓", "-"))]
    assert lines == [f"✗ database IJ501: the database does not answer — {SERVER}"]
    assert "hidden" not in done.stdout


def test_processor_logs_the_problems_of_its_installation_when_it_starts(stack: Stack, dropped: str) -> None:
    variables = {"DATABASE_URL": stack.env["PROCESSOR_DATABASE_URL"], "SUPABASE_SECRET_KEY": f"sb_secret_{dropped}"}
    done = cli("serve", env=stack.env | variables)
    lines = [json.loads(line) for line in done.stderr.splitlines() if line.startswith("{")]
    (line,) = [line for line in lines if line["action"] == "installation_problem"]
    assert (line["level"], line["check"]) == ("error", "targets")
    assert (dropped in line["reason"], line["hint"][:29]) == (True, "Run import-jobs doctor --fix ")
