"""Who may do what with the four tables that clients see, whatever a project grants by default."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import psycopg
import pytest

from tests.conftest import Cluster, Database
from tests.integration.queue_harness import OTHER, OWNER, Queue

Callers = dict[str, psycopg.Connection]
JOB = "00000000-0000-4000-8000-0000000000ff"
TABLES = ("import_jobs", "import_targets", "import_job_errors", "import_job_events")
ROLES = ("owner", "other tenant", "anon", "service_role")
ROWS = f"""
insert into public.import_targets (name, table_name, columns) values ('people', 'public.people', '{{}}');
insert into public.import_jobs (id, object_path, target, created_by) values ('{JOB}', 'a', 'people', '{OWNER}');
insert into public.import_job_errors (job_id, record_number, line_number, code, message)
values ('{JOB}', 1, 2, 'IJ403', 'm');
"""
STATEMENTS = {
    "select": {table: f"select from public.{table}" for table in TABLES},
    "insert": {
        "import_jobs": "insert into public.import_jobs (object_path, target)"
        " values (coalesce((select auth.uid())::text, 'service') || '/b', 'people')",
        "import_targets": "insert into public.import_targets (name, table_name, columns) values ('x', 'x', '{}')",
        "import_job_errors": "insert into public.import_job_errors (job_id, record_number, line_number, code, message)"
        f" values ('{JOB}', 2, 3, 'x', 'x')",
        "import_job_events": f"insert into public.import_job_events (job_id, event, attempt) values ('{JOB}', 'x', 1)",
    },
    "update": {
        "import_jobs": "update public.import_jobs set status = 'cancelled'",
        "import_targets": "update public.import_targets set options = '{}'",
        "import_job_errors": "update public.import_job_errors set message = 'x'",
        "import_job_events": "update public.import_job_events set event = 'x'",
    },
    "delete": {table: f"delete from public.{table}" for table in TABLES},
}
# What touches this many rows; everything that is not listed is refused.
ALLOWED = {
    ("owner", "select"): {"import_jobs": 1, "import_targets": 1, "import_job_errors": 1, "import_job_events": 1},
    ("owner", "insert"): {"import_jobs": 1},
    ("owner", "update"): {"import_jobs": 1},
    ("other tenant", "select"): {
        "import_jobs": 0,
        "import_targets": 1,
        "import_job_errors": 0,
        "import_job_events": 0,
    },
    ("other tenant", "insert"): {"import_jobs": 1},
    ("other tenant", "update"): {"import_jobs": 0},
    ("service_role", "select"): {
        "import_jobs": 1,
        "import_targets": 1,
        "import_job_errors": 1,
        "import_job_events": 1,
    },
    ("service_role", "insert"): {"import_jobs": 1},
    ("service_role", "update"): {"import_jobs": 1},
    ("service_role", "delete"): {"import_jobs": 1},
}
CLIENT_INSERTS = {
    *("id", "bucket_id", "object_path", "target", "options", "priority", "run_after", "idempotency_key"),
}


@pytest.fixture(scope="module", params=["closed", "open"])
def tenants(cluster: Cluster, request: pytest.FixtureRequest) -> Iterator[Queue]:
    """One job of the owner's, in a project of either age: new ones grant nothing by default, old ones everything."""
    with (
        contextmanager(cluster.clone)(request.param) as db,
        db.connect() as admin,
        db.connect("import_processor") as processor,
    ):
        admin.execute(ROWS)
        yield Queue(db, admin, processor)


@pytest.fixture(scope="module")
def callers(tenants: Queue) -> Iterator[Callers]:
    """A connection for each role; connecting takes longer than the tests."""
    with ExitStack() as stack:
        users = {"owner": tenants.user(OWNER), "other tenant": tenants.user(OTHER)}
        others = {role: tenants.db.connect(role) for role in ("anon", "service_role", "import_processor")}
        yield {role: stack.enter_context(conn) for role, conn in {**users, **others}.items()}


@contextmanager
def caller(callers: Callers, role: str) -> Iterator[psycopg.Connection]:
    """Be the role, in a transaction that is rolled back."""
    with callers[role].transaction(force_rollback=True):
        yield callers[role]


def outcome(conn: psycopg.Connection, statement: str) -> int | str | None:
    """Return how many rows a statement touches, or the code with which it is refused."""
    try:
        return conn.execute(statement).rowcount
    except psycopg.Error as exc:
        return exc.sqlstate


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("verb", STATEMENTS)
@pytest.mark.parametrize("table", TABLES)
def test_role_touches_exactly_what_it_may(callers: Callers, role: str, verb: str, table: str) -> None:
    expected = ALLOWED.get((role, verb), {}).get(table, "42501")
    with caller(callers, role) as conn:
        assert outcome(conn, STATEMENTS[verb][table]) == expected


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("role", ["owner", "other tenant", "anon", "service_role"])
def test_nobody_truncates(callers: Callers, role: str, table: str) -> None:
    with caller(callers, role) as conn:
        assert outcome(conn, f"truncate public.{table} cascade") == "42501"


@pytest.mark.parametrize("table", ["job_leases", "job_chunks", "settings"])
@pytest.mark.parametrize("role", [*ROLES, "import_processor"])
def test_nobody_reads_what_importer_keeps_to_itself(callers: Callers, role: str, table: str) -> None:
    with caller(callers, role) as conn:
        assert outcome(conn, f"select from importer.{table}") == "42501"


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("verb", STATEMENTS)
def test_processor_touches_no_clients_table_by_itself(tenants: Queue, verb: str, table: str) -> None:
    assert outcome(tenants.processor, STATEMENTS[verb][table]) == "42501"


def writable(queue: Queue, role: str, privilege: str) -> set[str]:
    """Return the columns of import_jobs on which the role has the privilege."""
    rows = queue.admin.execute(
        "select attname from pg_attribute where attrelid = 'public.import_jobs'::regclass and attnum > 0"
        " and not attisdropped and has_column_privilege(%s, attrelid, attnum, %s)",
        [role, privilege],
    )
    return {name for (name,) in rows}


@pytest.mark.parametrize(
    ("role", "columns"),
    [
        ("anon", set()),
        ("authenticated", CLIENT_INSERTS),
        ("service_role", CLIENT_INSERTS | {"created_by", "max_attempts"}),
        ("import_processor", set()),
    ],
)
def test_role_inserts_these_columns_only(tenants: Queue, role: str, columns: set[str]) -> None:
    assert writable(tenants, role, "insert") == columns


@pytest.mark.parametrize(
    ("role", "columns"),
    [("anon", set()), ("authenticated", {"status"}), ("service_role", {"status"}), ("import_processor", set())],
)
def test_role_updates_these_columns_only(tenants: Queue, role: str, columns: set[str]) -> None:
    assert writable(tenants, role, "update") == columns


@pytest.mark.parametrize("column", ["status", "created_by", "attempts", "rows_loaded", "error_code", "finished_at"])
def test_client_cannot_set_at_insert(callers: Callers, column: str) -> None:
    with caller(callers, "owner") as conn:
        statement = (
            f"insert into public.import_jobs (object_path, target, {column}) values ('{OWNER}/a', 'people', null)"
        )
        assert outcome(conn, statement) == "42501"


@pytest.mark.parametrize("column", ["created_by", "attempts", "max_attempts", "run_after", "options", "target"])
def test_client_cannot_change(callers: Callers, column: str) -> None:
    with caller(callers, "owner") as conn:
        assert outcome(conn, f"update public.import_jobs set {column} = null") == "42501"


def test_job_of_a_client_is_its_own(callers: Callers) -> None:
    with caller(callers, "owner") as conn:
        conn.execute(STATEMENTS["insert"]["import_jobs"])
        assert conn.execute("select created_by from public.import_jobs where object_path like '%/b'").fetchone() == (
            OWNER,
        )


def test_service_inserts_for_an_owner(callers: Callers) -> None:
    statement = "insert into public.import_jobs (object_path, target, created_by) values ('b', 'people', %s)"
    with caller(callers, "service_role") as conn:
        assert conn.execute(statement, [OTHER]).rowcount == 1


def test_signed_in_user_without_id_inserts_nothing(tenants: Queue) -> None:
    with tenants.db.connect("authenticated") as conn:
        assert outcome(conn, STATEMENTS["insert"]["import_jobs"]) == "42501"


def test_deleting_a_job_deletes_all_that_belongs_to_it(tenants: Queue) -> None:
    with tenants.admin.transaction(force_rollback=True):
        tenants.admin.execute("delete from public.import_jobs")
        left = [tenants.value(f"select count(*) from public.{table}") for table in TABLES]
    assert left == [0, 1, 0, 0]


@pytest.mark.parametrize(
    ("bucket", "path"), [("imports", f"{OTHER}/file.csv"), ("imports", "service/file.csv"), ("avatars", f"{OWNER}/x")]
)
def test_client_cannot_name_a_file_that_is_not_its_own(db: Database, bucket: str, path: str) -> None:
    with db.connect("authenticated", {"sub": str(OWNER)}) as conn, pytest.raises(psycopg.Error) as refused:
        conn.execute(
            "insert into public.import_jobs (bucket_id, object_path, target) values (%s, %s, 'people')", (bucket, path)
        )
    assert refused.value.sqlstate == "IJ602"
