"""importer.declared_columns: the settings of a target without a table define its columns and types."""

from typing import Any

import pytest
from psycopg.types.json import Jsonb

from tests.integration.queue_harness import Queue


def declared(queue: Queue, columns: dict[str, object]) -> list[dict[str, Any]]:
    return queue.value("select importer.declared_columns(%s)", Jsonb(columns))


@pytest.fixture
def types(queue: Queue) -> Queue:
    queue.admin.execute("create schema app; create type app.mood as enum ('sad', 'ok')")
    queue.admin.execute("create domain app.short as varchar(3) not null")
    return queue


def test_text_is_the_default(types: Queue) -> None:
    (column,) = declared(types, {"a": {}})
    assert column == {
        "name": "a",
        "type": "text",
        "base": "text",
        "kind": "b",
        "not_null": False,
        "required": False,
        "labels": [],
    }


def test_type_keeps_its_modifier(types: Queue) -> None:
    (column,) = declared(types, {"a": {"type": "numeric(12,2)"}})
    assert (column["type"], column["base"]) == ("numeric(12,2)", "numeric")


def test_enum_has_its_labels_in_order(types: Queue) -> None:
    (column,) = declared(types, {"a": {"type": "app.mood"}})
    assert (column["kind"], column["labels"]) == ("e", ["sad", "ok"])


def test_domain_has_its_base_type_and_its_not_null(types: Queue) -> None:
    (column,) = declared(types, {"a": {"type": "app.short"}})
    assert (column["kind"], column["base"], column["not_null"]) == ("d", "character varying", True)


def test_order_is_by_position_then_name(types: Queue) -> None:
    columns = {"d": {}, "c": {"position": 10}, "b": {"position": 9}, "a": {}}
    assert [column["name"] for column in declared(types, columns)] == ["b", "c", "a", "d"]


def test_no_columns_give_an_empty_list(types: Queue) -> None:
    assert declared(types, {}) == []


def test_target_without_a_table_has_the_declared_columns(types: Queue) -> None:
    types.admin.execute(
        "insert into public.import_targets (name, mode, columns) values ('clean', 'none', %s)",
        [Jsonb({"a": {"type": "date"}})],
    )
    target = types.value("select importer.describe_target('clean')")
    assert [(column["name"], column["type"]) for column in target["columns"]] == [("a", "date")]
    assert [target[key] for key in ("mode", "schema", "table", "missing", "missing_privileges")] == [
        "none",
        None,
        None,
        [],
        None,
    ]
