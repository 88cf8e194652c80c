"""importer.register_target: one call makes a table a target and grants the minimum of privileges."""

import psycopg
import pytest

from tests.integration.queue_harness import Queue, raises

PEOPLE = """
create schema app;
create table app.people (
  id bigint generated always as identity primary key,
  name text not null,
  age integer,
  shout text generated always as (upper(name)) stored
);
"""


@pytest.fixture
def admin(queue: Queue) -> psycopg.Connection:
    queue.admin.execute(PEOPLE)
    return queue.admin


def register(conn: psycopg.Connection, relation: str = "app.people", *more: object) -> str:
    marks = ", ".join(["%s::regclass", "%s::text", "%s::text[]"][: 1 + len(more)])
    return conn.execute(f"select importer.register_target({marks})", [relation, *more]).fetchone()[0]


def granted(conn: psycopg.Connection, table: str = "app.people") -> set[str]:
    """Return the columns that the processor may insert."""
    rows = conn.execute(
        "select attname from pg_attribute where attrelid = %s::regclass and attnum > 0 and not attisdropped"
        " and has_column_privilege('import_processor', attrelid, attnum, 'insert')",
        [table],
    )
    return {name for (name,) in rows}


def test_target_is_named_after_the_table_by_default(admin: psycopg.Connection) -> None:
    assert register(admin) == "people"


def test_target_has_the_given_name(admin: psycopg.Connection) -> None:
    assert register(admin, "app.people", "staff") == "staff"
    assert admin.execute('select name, "table" from public.import_targets').fetchall() == [("staff", "app.people")]


def test_table_is_qualified_and_quoted(admin: psycopg.Connection) -> None:
    admin.execute('create table app."Odd Name" ("a b" text)')
    register(admin, 'app."Odd Name"')
    assert admin.execute('select name, "table" from public.import_targets').fetchall() == [
        ("Odd Name", 'app."Odd Name"')
    ]
    assert granted(admin, 'app."Odd Name"') == {"a b"}


def test_columns_default_to_all_insertable_columns(admin: psycopg.Connection) -> None:
    register(admin)
    columns = admin.execute("select columns from public.import_targets").fetchone()[0]
    assert columns == {"name": {}, "age": {}}


def test_columns_may_be_chosen(admin: psycopg.Connection) -> None:
    register(admin, "app.people", None, ["name"])
    assert admin.execute("select columns from public.import_targets").fetchone()[0] == {"name": {}}


@pytest.mark.parametrize("columns", [["shout"], ["id"], ["name", "nothing"], []])
def test_column_that_is_not_writable_is_refused(admin: psycopg.Connection, columns: list[str]) -> None:
    with raises("IJ503"):
        register(admin, "app.people", None, columns)


def test_processor_may_insert_into_the_listed_columns_only(admin: psycopg.Connection) -> None:
    register(admin, "app.people", None, ["name"])
    assert granted(admin) == {"name"}


def test_processor_may_not_read_change_or_delete(admin: psycopg.Connection) -> None:
    register(admin)
    rights = admin.execute(
        "select has_any_column_privilege('import_processor', 'app.people', 'select'),"
        " has_any_column_privilege('import_processor', 'app.people', 'update'),"
        " has_table_privilege('import_processor', 'app.people', 'delete')"
    ).fetchone()
    assert rights == (False, False, False)


def test_processor_can_copy_into_a_registered_table(queue: Queue, admin: psycopg.Connection) -> None:
    register(admin)
    with queue.processor.cursor().copy("copy app.people (name, age) from stdin") as copy:
        copy.write_row(["Ana", 31])
    assert admin.execute("select name, age, shout from app.people").fetchall() == [("Ana", 31, "ANA")]


def test_processor_can_copy_into_a_table_with_row_security(queue: Queue, admin: psycopg.Connection) -> None:
    admin.execute("alter table app.people enable row level security")
    register(admin)
    with queue.processor.cursor().copy("copy app.people (name) from stdin") as copy:
        copy.write_row(["Ana"])
    assert admin.execute("select count(*) from app.people").fetchone() == (1,)


def test_processor_can_use_the_sequence_of_a_serial_column(queue: Queue, admin: psycopg.Connection) -> None:
    admin.execute("create table app.cities (id bigserial primary key, name text)")
    register(admin, "app.cities", None, ["name"])
    with queue.processor.cursor().copy("copy app.cities (name) from stdin") as copy:
        copy.write_row(["Recife"])
    assert admin.execute("select id, name from app.cities").fetchall() == [(1, "Recife")]


def test_processor_can_use_types_of_another_schema(queue: Queue, admin: psycopg.Connection) -> None:
    admin.execute("drop schema if exists app_types cascade")
    admin.execute("create schema app_types")
    admin.execute("create domain app_types.short as varchar(3)")
    admin.execute("create table app.codes (code app_types.short)")
    register(admin, "app.codes")
    answer = queue.processor.execute("select code from importer.invalid_values('app_types.short', '{long}')").fetchall()
    assert answer == [("22001",)]


def test_partitioned_table_can_be_a_target(queue: Queue, admin: psycopg.Connection) -> None:
    admin.execute("create table app.events (day date) partition by range (day)")
    admin.execute(
        "create table app.events_2026 partition of app.events for values from ('2026-01-01') to ('2027-01-01')"
    )
    register(admin, "app.events")
    with queue.processor.cursor().copy("copy app.events (day) from stdin") as copy:
        copy.write_row(["2026-05-01"])
    assert admin.execute("select count(*) from app.events_2026").fetchone() == (1,)


def test_view_is_refused(admin: psycopg.Connection) -> None:
    admin.execute("create view app.v as select 1 as one")
    with raises("IJ503"):
        register(admin, "app.v")


def test_table_that_does_not_exist_is_refused(admin: psycopg.Connection) -> None:
    with raises("42P01"):
        register(admin, "app.nothing")


def test_second_registration_adds_new_columns(admin: psycopg.Connection) -> None:
    register(admin)
    admin.execute("alter table app.people add column email text")
    register(admin)
    assert set(admin.execute("select columns from public.import_targets").fetchone()[0]) == {"name", "age", "email"}
    assert granted(admin) == {"name", "age", "email"}


def test_second_registration_keeps_the_options(admin: psycopg.Connection) -> None:
    register(admin)
    admin.execute("""update public.import_targets set options = '{"trim": true}'""")
    register(admin)
    assert admin.execute("select options from public.import_targets").fetchone()[0] == {"trim": True}


def test_invalid_default_options_of_a_target_are_refused(admin: psycopg.Connection) -> None:
    register(admin)
    with raises("IJ102"):
        admin.execute("""update public.import_targets set options = '{"trim": "yes"}'""")


def test_role_without_grant_option_cannot_register_the_table(queue: Queue, admin: psycopg.Connection) -> None:
    with queue.db.connect("supabase_admin") as superuser:
        superuser.execute("create table app.theirs (name text)")
    with raises("42501"):
        register(admin, "app.theirs")
    assert admin.execute("select count(*) from public.import_targets").fetchone() == (0,)


@pytest.mark.parametrize("role", ["authenticated", "anon", "service_role"])
def test_clients_cannot_register(queue: Queue, admin: psycopg.Connection, role: str) -> None:
    with queue.db.connect(role) as client, raises("42501"):
        register(client, "public.import_jobs")
