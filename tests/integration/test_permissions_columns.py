"""The columns that each role may read, insert and update, for both default grants of projects, as a table.

A cell is `all`, `-` for none, or a list of columns; `authenticated` is any signed-in user. Of a target, users see the
columns that they need to prepare a file, but not the administrator's conditions.
"""

from collections.abc import Iterator

import psycopg
import pytest
from psycopg import sql

from tests.conftest import Cluster
from tests.integration.permissions_harness import People, parsed, people
from tests.integration.queue_harness import OWNER

SHOWN = (
    "columns key_columns mode name on_duplicate_file on_duplicate_key options remember_mappings table undo_days"
    " update_columns"
)
CLIENTS = (
    "bucket_id expected_sha256 file_name id idempotency_key object_path options parent_job_id priority run_after target"
)
FOLDER = "bucket_id options path_prefix target"
MATRIX = parsed(f"""
table                    role             | select | insert                          | update
public.import_jobs       anon             | -      | -                               | -
public.import_jobs       authenticated    | all    | {CLIENTS}                       | status undo_requested_at
public.import_jobs       service_role     | all    | {CLIENTS} created_by max_attempts | status undo_requested_at
public.import_jobs       import_processor | -      | -                               | -
public.import_targets    anon             | -      | -                               | -
public.import_targets    authenticated    | {SHOWN} | -                              | -
public.import_targets    service_role     | all    | -                               | -
public.import_targets    import_processor | -      | -                               | -
public.import_job_errors anon             | -      | -                               | -
public.import_job_errors authenticated    | all    | -                               | -
public.import_job_errors service_role     | all    | -                               | -
public.import_job_errors import_processor | -      | -                               | -
public.import_folders    anon             | -      | -                               | -
public.import_folders    authenticated    | all    | {FOLDER}                        | {FOLDER}
public.import_folders    service_role     | all    | {FOLDER} owner                  | {FOLDER} owner
public.import_folders    import_processor | -      | -                               | -
public.import_job_chains anon             | -      | -                               | -
public.import_job_chains authenticated    | all    | -                               | -
public.import_job_chains service_role     | all    | -                               | -
public.import_job_chains import_processor | -      | -                               | -
public.import_job_events anon             | -      | -                               | -
public.import_job_events authenticated    | all    | -                               | -
public.import_job_events service_role     | all    | -                               | -
public.import_mappings   anon             | -      | -                               | -
public.import_mappings   authenticated    | all    | -                               | -
public.import_mappings   service_role     | all    | -                               | -
public.import_mappings   import_processor | -      | -                               | -
public.import_job_events import_processor | -      | -                               | -
""")
COLUMNS = """
select a.attname from pg_attribute as a
where a.attrelid = %s::regclass and a.attnum > 0 and not a.attisdropped
"""
# 42501 for a missing grant; 428C9 for a generated column, which the parser raises first.
REFUSALS = {"42501", "428C9"}
VALUES = {"object_path": f"{OWNER}/a.csv", "target": "people"}


@pytest.fixture(scope="module", params=["closed", "open"])
def everybody(cluster: Cluster, request: pytest.FixtureRequest) -> Iterator[People]:
    yield from people(cluster, request.param)


def columns(everybody: People, table: str, role: str, privilege: str) -> str:
    """Return the columns on which a role has a privilege, in the notation of the matrix."""
    every = everybody.names(COLUMNS, table)
    condition = "and has_column_privilege(%s, a.attrelid, a.attnum, %s)"
    permitted = everybody.names(COLUMNS + condition, table, role, privilege)
    return "all" if permitted == every else " ".join(sorted(permitted)) or "-"


@pytest.mark.parametrize("line", MATRIX)
def test_role_has_exactly_the_columns_that_the_matrix_says(everybody: People, line: str) -> None:
    table, role = line.split()
    expected = {operation: " ".join(sorted(cell.split())) for operation, cell in MATRIX[line].items()}
    assert {operation: columns(everybody, table, role, operation) for operation in expected} == expected


def test_matrix_has_every_table_that_clients_see(everybody: People) -> None:
    tables = everybody.names(
        "select 'public.' || relname from pg_class"
        " where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'v', 'm') and relname <> 'people'"
    )
    assert {line.split()[0] for line in MATRIX} == tables


@pytest.mark.parametrize("role", ["owner", "service_role"])
def test_insert_of_any_other_column_is_refused(everybody: People, role: str) -> None:
    refused = set()
    for column in everybody.names(COLUMNS, "public.import_jobs") - set(VALUES):
        statement = sql.SQL("insert into public.import_jobs (object_path, target, {}) values (%s, %s, null)")
        with everybody.acting(role) as conn:
            try:
                conn.execute(statement.format(sql.Identifier(column)), list(VALUES.values()))
            except psycopg.Error as exc:
                refused |= {column} if exc.sqlstate in REFUSALS else set()
    mine = "authenticated" if role == "owner" else role
    allowed = set(MATRIX[f"public.import_jobs {mine}"]["insert"].split())
    assert refused == everybody.names(COLUMNS, "public.import_jobs") - allowed


@pytest.mark.parametrize("role", ["owner", "service_role"])
def test_update_of_any_other_column_is_refused(everybody: People, role: str) -> None:
    every = everybody.names(COLUMNS, "public.import_jobs")
    outcomes = {
        column: everybody.outcome(role, f'update public.import_jobs set "{column}" = "{column}"') for column in every
    }
    assert {column for column, outcome in outcomes.items() if outcome not in ("-", "428C9")} == {
        "status",
        "undo_requested_at",
    }
