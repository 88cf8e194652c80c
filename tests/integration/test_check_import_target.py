"""importer.check_import_target: a target that cannot work is refused when it is written, by SQL or by registration."""

import pytest
from psycopg import sql
from psycopg.types.json import Jsonb

from tests.integration.queue_harness import Queue, raises

PEOPLE = """
create schema app;
create table app.people (
  id bigint primary key, tenant uuid, number integer, name text, job uuid,
  row_number bigint generated always as identity, shout text generated always as (upper(name)) stored,
  unique (tenant, number)
);
create unique index some_names on app.people (name) where number > 5;
create unique index folded_names on app.people (lower(name));
create index plain on app.people (job);
"""
ALL = {"id": {}, "tenant": {}, "number": {}, "name": {}}


@pytest.fixture
def people(queue: Queue) -> Queue:
    queue.admin.execute(PEOPLE)
    return queue


def write(queue: Queue, **columns: object) -> None:
    """Insert a target for app.people or another table."""
    values = {"name": "people", "table": "app.people", "columns": ALL, **columns}
    statement = sql.SQL("insert into public.import_targets ({}) values ({})").format(
        sql.SQL(", ").join(map(sql.Identifier, values)), sql.SQL(", ").join(sql.Placeholder() * len(values))
    )
    queue.admin.execute(statement, [Jsonb(v) if isinstance(v, dict) else v for v in values.values()])


@pytest.mark.parametrize(
    "columns",
    [
        {"name": {"aliases": ["nome", "Name"], "required": True, "default": "x"}},
        {"name": {"aliases": []}},
        {"name": {"default": ""}},
        {"not in the table": {}},
        {},
    ],
)
def test_valid_column_settings_are_accepted(people: Queue, columns: dict[str, object]) -> None:
    write(people, columns=columns)
    assert people.value("select columns from public.import_targets") == columns


@pytest.mark.parametrize(
    "settings",
    [
        {"name": "nome"},
        {"name": None},
        {"name": ["nome"]},
        {"name": {"aliases": "nome"}},
        {"name": {"aliases": {"a": "b"}}},
        {"name": {"aliases": ["nome", 5]}},
        {"name": {"aliases": None}},
        {"name": {"required": "yes"}},
        {"name": {"required": 1}},
        {"name": {"default": 5}},
        {"name": {"default": None}},
        {"id": {}, "name": {"position": "first"}},
    ],
)
def test_invalid_column_settings_are_refused(people: Queue, settings: dict[str, object]) -> None:
    with raises("IJ102"):
        write(people, columns=settings)


def test_column_settings_must_be_an_object(people: Queue) -> None:
    with raises("IJ102"):
        people.admin.execute(
            "insert into public.import_targets (name, \"table\", columns) values ('a', 'app.people', '[]')"
        )


@pytest.mark.parametrize("options", [{"trim": "yes"}, {"nothing": 1}])
def test_invalid_default_options_are_refused(people: Queue, options: dict[str, object]) -> None:
    with raises("IJ102"):
        write(people, options=options)


@pytest.mark.parametrize("key", [["id"], ["tenant", "number"], ["number", "tenant"]])
@pytest.mark.parametrize("mode", ["upsert", "update", "ignore"])
def test_unique_key_of_the_table_is_accepted(people: Queue, mode: str, key: list[str]) -> None:
    write(people, mode=mode, key_columns=key)
    assert people.value("select key_columns from public.import_targets") == key


@pytest.mark.parametrize("key", [["number"], ["tenant"], ["id", "number"], ["name"]])
@pytest.mark.parametrize("mode", ["upsert", "update", "ignore"])
def test_columns_that_are_not_a_unique_key_are_refused(people: Queue, mode: str, key: list[str]) -> None:
    """ON CONFLICT cannot infer a unique index with a condition or on an expression from columns alone."""
    with raises("IJ113"):
        write(people, mode=mode, key_columns=key)


@pytest.mark.parametrize("mode", ["insert", "replace"])
def test_mode_without_a_key_needs_none(people: Queue, mode: str) -> None:
    write(people, mode=mode, key_columns=["number"])


def test_ignore_without_a_key_is_accepted(people: Queue) -> None:
    write(people, mode="ignore")


@pytest.mark.parametrize("mode", ["upsert", "update"])
def test_mode_with_a_key_needs_one(people: Queue, mode: str) -> None:
    with raises("23514"):
        write(people, mode=mode)


@pytest.mark.parametrize("empty", ["key_columns", "update_columns"])
def test_empty_list_of_columns_is_refused(people: Queue, empty: str) -> None:
    with raises("23514"):
        write(people, **{empty: []})


@pytest.mark.parametrize("column", ["nothing", "shout", "row_number"])
@pytest.mark.parametrize("where", ["owner_column", "provenance_column"])
def test_owner_and_provenance_columns_must_be_writable(people: Queue, where: str, column: str) -> None:
    with raises("IJ113"):
        write(people, **{where: column})


@pytest.mark.parametrize("where", ["key_columns", "update_columns"])
def test_key_and_update_columns_must_be_writable(people: Queue, where: str) -> None:
    with raises("IJ113"):
        write(people, **{where: ["shout"]})


@pytest.mark.parametrize("where", ["key_columns", "update_columns"])
def test_key_and_update_columns_must_be_columns_of_the_target(people: Queue, where: str) -> None:
    with raises("IJ113"):
        write(people, **{where: ["id"]}, columns={"name": {}})


def test_owner_column_may_be_part_of_the_key(people: Queue) -> None:
    write(people, mode="upsert", key_columns=["tenant", "number"], owner_column="tenant", columns={"number": {}})


def test_owner_and_provenance_columns_are_removed_from_the_columns(people: Queue) -> None:
    write(people, columns={**ALL, "job": {}}, owner_column="tenant", provenance_column="job")
    assert people.value("select columns from public.import_targets") == {"id": {}, "number": {}, "name": {}}


def test_table_that_does_not_exist_yet_is_accepted(people: Queue) -> None:
    write(people, table="app.later", mode="upsert", key_columns=["id"])


def test_target_without_a_table_has_types(people: Queue) -> None:
    columns = {"amount": {"type": "numeric(12,2)", "position": 1}, "note": {}}
    write(people, table=None, mode="none", columns=columns)


def test_type_that_does_not_exist_is_refused(people: Queue) -> None:
    with raises("IJ113"):
        write(people, table=None, mode="none", columns={"amount": {"type": "app.nothing"}})


@pytest.mark.parametrize(("mode", "table"), [("none", "app.people"), ("insert", None)])
def test_mode_none_and_a_table_exclude_each_other(people: Queue, mode: str, table: str | None) -> None:
    with raises("23514"):
        write(people, mode=mode, table=table)


@pytest.mark.parametrize(
    "condition",
    ["true", "claims ->> 'aal' = 'aal2'", "exists (select from app.people where tenant = (claims ->> 'sub')::uuid)"],
)
def test_valid_condition_is_accepted(people: Queue, condition: str) -> None:
    write(people, allowed_when=condition)


@pytest.mark.parametrize("condition", ["", "nothing", "claims ->>", "people.name = 'x'", "true; select 1"])
def test_invalid_condition_is_refused(people: Queue, condition: str) -> None:
    with raises("IJ113"):
        write(people, allowed_when=condition)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("mode", "append"),
        ("run_as", "postgres"),
        ("on_duplicate_key", "first"),
        ("on_duplicate_file", "ignore"),
        ("max_running_jobs", 0),
        ("name", ""),
    ],
)
def test_unknown_value_is_refused(people: Queue, column: str, value: object) -> None:
    with raises("23514"):
        write(people, **{column: value})


def test_update_is_checked_like_an_insert(people: Queue) -> None:
    write(people)
    with raises("IJ113"):
        people.admin.execute("update public.import_targets set mode = 'upsert', key_columns = '{name}'")


def test_update_sets_updated_at(people: Queue) -> None:
    write(people, updated_at="2020-01-01")
    assert people.value("select updated_at = now() from public.import_targets where updated_at > '2021-01-01'") is False
    people.admin.execute("update public.import_targets set updated_at = '2020-01-01'")
    assert people.value("select updated_at > '2021-01-01' from public.import_targets") is True
