"""importer.invalid_values: Postgres's own input conversion decides, with the same result on every version."""

import pytest

from tests.integration.queue_harness import Queue

TYPES = """
create schema app;
create type app.mood as enum ('sad', 'ok');
create domain app.even as integer check (value % 2 = 0);
create domain app.document as jsonb;
create domain app.touchy as integer check (10 / value > 0);
grant usage on schema app to import_processor;
"""
CASES = [
    ("integer", {"1": None, " 2 ": None, "x": "22P02", "1.5": "22P02", "": "22P02", "3000000000": "22003"}),
    ("numeric(4,2)", {"12.345": None, "NaN": None, "123": "22003", "1,5": "22P02"}),
    ("character varying(3)", {"abc": None, "ab  ": None, "äöü": None, "abcd": "22001"}),
    ("character(3)", {"abc": None, "abcd": "22001"}),
    ("date", {"2026-02-28": None, "2026-02-30": "22008", "soon": "22007"}),
    ("timestamp with time zone", {"2026-02-28 10:00+02": None, "2026-02-28 25:00": "22008"}),
    ("boolean", {"yes": None, "t": None, "maybe": "22P02"}),
    ("uuid", {"00000000-0000-4000-8000-00000000000a": None, "abc": "22P02"}),
    ("json", {'{"a": 1}': None, "{": "22P02", "a": "22P02"}),
    ("jsonb", {'{"a": 1}': None, '"text"': None, "{": "22P02"}),
    ("app.document", {r'{"a": "\\ \""}': None, r'{"a": "\"}': "22P02"}),
    ("integer[]", {"{1,2}": None, "{}": None, "1,2": "22P02", "{x}": "22P02"}),
    ("text", {"anything": None, "": None}),
    ("interval", {"1 day": None, "1 dog": "22007"}),
    ("inet", {"10.0.0.1": None, "10.0.0.256": "22P02"}),
    ("bit(3)", {"101": None, "1011": "22026"}),
    ("app.mood", {"ok": None, "fine": "22P02"}),
    ("app.even", {"2": None, "3": "23514", "x": "22P02"}),
]


@pytest.fixture
def types(queue: Queue) -> Queue:
    queue.admin.execute(TYPES)
    return queue


def invalid_values(queue: Queue, type_name: str, texts: list[str]) -> dict[str, str]:
    rows = queue.processor.execute("select candidate, code from importer.invalid_values(%s, %s)", [type_name, texts])
    return dict(rows.fetchall())


@pytest.mark.parametrize(("type_name", "texts"), CASES, ids=[case[0] for case in CASES])
def test_exactly_the_invalid_values_are_returned(types: Queue, type_name: str, texts: dict[str, str | None]) -> None:
    expected = {text: code for text, code in texts.items() if code}
    assert invalid_values(types, type_name, list(texts)) == expected


def test_no_candidates_give_no_invalid_values(types: Queue) -> None:
    assert invalid_values(types, "integer", []) == {}


def test_domain_check_that_raises_makes_only_its_value_invalid(types: Queue) -> None:
    assert invalid_values(types, "app.touchy", ["1", "0", "20", "2"]) == {"0": "22012", "20": "23514"}


def test_type_that_does_not_exist_is_an_error(types: Queue) -> None:
    with pytest.raises(Exception) as caught:  # noqa: PT011 - the code is what matters
        invalid_values(types, "app.nothing", ["1"])
    assert caught.value.sqlstate == "42704"
