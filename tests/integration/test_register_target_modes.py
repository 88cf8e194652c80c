"""importer.register_target: what it derives for each mode, and what a second registration keeps."""

from typing import Any

import pytest

from tests.integration.queue_harness import Queue, raises

PEOPLE = """
create schema app;
create table app.people (
  tenant uuid, number integer, name text, owner uuid, job uuid, age integer default 1,
  primary key (number, tenant) include (name)
);
create table app.rows (id bigint generated always as identity primary key, code text unique, name text);
"""


@pytest.fixture
def people(queue: Queue) -> Queue:
    queue.admin.execute(PEOPLE)
    return queue


def register(queue: Queue, relation: str = "app.people", **given: object) -> dict[str, Any]:
    """Register with named arguments; return the row of the target."""
    more = "".join(f", {name} => %s" for name in given)
    queue.admin.execute(f"select importer.register_target(%s{more})", [relation, *given.values()])
    return queue.value("select to_jsonb(t) from public.import_targets as t")


def test_defaults_are_mode_insert_and_run_as_uploader(people: Queue) -> None:
    target = register(people)
    expected = {
        "mode": "insert",
        "run_as": "uploader",
        "key_columns": None,
        "update_columns": None,
        "owner_column": None,
        "provenance_column": None,
        "allowed_roles": ["authenticated"],
        "on_duplicate_key": "last",
        "on_duplicate_file": "load",
    }
    assert {name: target[name] for name in expected} == expected


@pytest.mark.parametrize("mode", ["upsert", "update"])
def test_key_is_the_primary_key_without_its_included_columns(people: Queue, mode: str) -> None:
    assert register(people, mode=mode)["key_columns"] == ["tenant", "number"]


@pytest.mark.parametrize("mode", ["insert", "ignore", "replace"])
def test_mode_that_needs_no_key_gets_none(people: Queue, mode: str) -> None:
    assert register(people, mode=mode)["key_columns"] is None


def test_given_key_takes_precedence(people: Queue) -> None:
    assert register(people, "app.rows", mode="upsert", key_columns=["code"])["key_columns"] == ["code"]


def test_primary_key_that_is_not_insertable_is_refused(people: Queue) -> None:
    with raises("IJ113"):
        register(people, "app.rows", mode="upsert")


def test_update_may_look_for_rows_by_a_key_that_is_always_generated(people: Queue) -> None:
    target = register(people, "app.rows", mode="update")
    assert (target["key_columns"], target["columns"].keys()) == (["id"], {"id", "code", "name"})
    target = register(people, "app.rows", mode="insert")
    assert (target["key_columns"], target["columns"].keys()) == (None, {"code", "name"})


def test_mode_with_a_key_and_a_table_without_one_is_refused(people: Queue) -> None:
    people.admin.execute("create table app.heap (a text)")
    with raises("23514"):
        register(people, "app.heap", mode="upsert")


def test_owner_and_provenance_are_not_among_the_columns(people: Queue) -> None:
    target = register(people, owner_column="owner", provenance_column="job")
    assert sorted(target["columns"]) == ["age", "name", "number", "tenant"]
    assert (target["owner_column"], target["provenance_column"]) == ("owner", "job")


@pytest.mark.parametrize(
    "given",
    [
        {"mode": "upsert", "key_columns": ["tenant", "number"], "update_columns": ["age"]},
        {"mode": "replace", "owner_column": "owner", "provenance_column": "job", "run_as": "processor"},
    ],
)
def test_second_registration_keeps_parameters_that_are_not_given(people: Queue, given: dict[str, object]) -> None:
    first = register(people, **given)
    people.admin.execute("alter table app.people add column extra text")
    again = register(people)
    assert again["columns"].pop("extra") == {}
    assert {**again, "updated_at": ""} == {**first, "updated_at": ""}


def test_second_registration_changes_parameters_that_are_given(people: Queue) -> None:
    register(people, mode="upsert", update_columns=["age"])
    assert register(people, update_columns=["name"])["update_columns"] == ["name"]
    target = register(people, mode="insert", run_as="processor")
    assert (target["mode"], target["run_as"], target["update_columns"]) == ("insert", "processor", ["name"])


def test_second_registration_keeps_the_settings_of_columns(people: Queue) -> None:
    register(people)
    people.admin.execute(
        'update public.import_targets set columns = columns || \'{"name": {"aliases": ["nome"]}}\','
        " allowed_roles = '{manager}', allowed_when = 'true', on_duplicate_file = 'skip'"
    )
    target = register(people)
    assert (target["columns"]["name"], target["columns"]["age"]) == ({"aliases": ["nome"]}, {})
    assert [target[name] for name in ("allowed_roles", "allowed_when", "on_duplicate_file")] == [
        ["manager"],
        "true",
        "skip",
    ]


def test_target_without_a_table_gets_one(people: Queue) -> None:
    people.admin.execute("insert into public.import_targets (name, mode, columns) values ('people', 'none', '{}')")
    target = register(people)
    assert (target["mode"], target["table"]) == ("insert", "app.people")


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"mode": "append"}, "23514"),
        ({"run_as": "postgres"}, "23514"),
        ({"mode": "none"}, "23514"),
        ({"owner_column": "nothing"}, "IJ113"),
        ({"mode": "upsert", "key_columns": ["name"]}, "IJ113"),
        ({"mode": "upsert", "columns": ["name"]}, "IJ113"),
    ],
)
def test_invalid_parameters_are_refused(people: Queue, given: dict[str, object], code: str) -> None:
    with raises(code):
        register(people, **given)
    assert people.value("select count(*) from public.import_targets") == 0
