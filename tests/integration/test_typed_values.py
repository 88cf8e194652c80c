"""importer.typed_values: texts as the type of their column spells them, with the same result on every version."""

import pytest
from psycopg.types.json import Jsonb

from tests.integration.queue_harness import Queue

TYPES = """
create schema app;
create type app.mood as enum ('sad', 'ok');
create domain app.short as varchar(3);
grant usage on schema app to import_processor;
"""
CASES = [
    ("integer", [" 1 ", None, "2"], ["1", None, "2"]),
    ("numeric(6,2)", ["1.5", "1e3"], ["1.50", "1000.00"]),
    ("date", ["Jan 5, 2026", "2026-01-06"], ["2026-01-05", "2026-01-06"]),
    ("boolean", ["yes", "f"], ["true", "false"]),
    ("text", ['a "b", \\c', "", None], ['a "b", \\c', "", None]),
    ("jsonb", ['{"b":1,"a":"x\\"y"}'], ['{"a": "x\\"y", "b": 1}']),
    ("integer[]", ["{1, 2}", None], ["{1,2}", None]),
    ("app.mood", ["ok"], ["ok"]),
    ("app.short", ["abc"], ["abc"]),
    ("integer", ["1", "x"], ["1", "x"]),
    ("no_such_type", ["1"], ["1"]),
    ("text", [], []),
]


@pytest.mark.parametrize(("type_name", "texts", "expected"), CASES)
def test_texts_of_a_type(queue: Queue, type_name: str, texts: list[str | None], expected: list[str | None]) -> None:
    queue.admin.execute(TYPES)
    columns = Jsonb([{"type": type_name, "texts": texts}, {"type": "integer", "texts": ["07"]}])
    (result,) = queue.processor.execute("select importer.typed_values(%s)", [columns]).fetchone()
    assert result == [expected, ["7"]]
