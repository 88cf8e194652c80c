"""Attacks with options: too large, too deeply nested, of the wrong type, or SQL; the insert fails."""

import json

import pytest
from psycopg.types.json import Jsonb

from tests.integration.queue_harness import OWNER, Queue, raises

INSERT = "insert into public.import_jobs (object_path, target, options) values (%s, 'people', %s)"
PATH = f"{OWNER}/people.csv"
DEPTH = 3_000  # below the depth at which Postgres itself raises 54001


def nested(depth: int, inner: str) -> str:
    """Return JSON arrays nested to this depth around a value."""
    return "[" * depth + inner + "]" * depth


INVALID_OPTIONS = {
    "megabytes in a text": {"locale": "x" * 5_000_000},
    "megabytes in a name": {"x" * 2_000_000: True},
    "a hundred thousand names": {f"option_{n}": 1 for n in range(100_000)},
    "64 kB of mapping": {"mapping": {f"header {n}": "name" for n in range(5_000)}},
    "a name with SQL": {'trim"; drop table public.import_jobs; --': True},
    "a name in other letters": {"тrim": True},
    "a name with a zero-width space": {"tri\u200bm": True},
    "a mark of two characters": {"delimiter": "a\u0301"},
    "an array where a text is taken": {"encoding": ["utf-8"]},
    "an object where a boolean is taken": {"atomic": {"$ne": False}},
    "the text true": {"atomic": "true"},
    "an infinite limit": {"max_errors": 1e300},
    "a limit with an exponent": {"max_errors": 1e8 + 0.5},
    "mapping to a number": {"mapping": {"a": 1}},
    "mapping to an object": {"mapping": {"a": {"column": "name"}}},
    "mapping to an array of text": {"mapping": {"a": ["name"]}},
    "mapping to an empty array": {"mapping": {"a": []}},
    "an array in an array of text": {"null_values": [["NA"]]},
    "formats that are not a list": {"date_formats": {"0": "%Y"}},
    "an option of another job": {"created_by": str(OWNER)},
}


@pytest.mark.parametrize("name", INVALID_OPTIONS)
def test_invalid_options_are_refused_at_the_insert(queue: Queue, name: str) -> None:
    with queue.user() as conn, raises("IJ102"):
        conn.execute(INSERT, [PATH, Jsonb(INVALID_OPTIONS[name])])


@pytest.mark.parametrize("option", ["mapping", "null_values", "locale", "unknown"])
def test_deep_nesting_is_refused_at_the_insert(queue: Queue, option: str) -> None:
    with queue.user() as conn, raises("IJ102"):
        conn.execute(INSERT, [PATH, f'{{"{option}": {nested(DEPTH, "1")}}}'])


def test_nesting_beyond_the_servers_stack_is_refused_by_the_server(queue: Queue) -> None:
    with queue.user() as conn, raises("54001"):
        conn.execute(INSERT, [PATH, f'{{"mapping": {nested(200_000, "1")}}}'])


@pytest.mark.parametrize("text", ["", "{", "nul", '{"trim": tru}', '{"locale": "\\u0000"}'])
def test_invalid_json_is_refused_by_the_server(queue: Queue, text: str) -> None:
    with queue.user() as conn, raises("22P05" if "u0000" in text else "22P02"):
        conn.execute(INSERT, [PATH, text])


def test_error_message_does_not_repeat_megabytes(queue: Queue) -> None:
    with queue.user() as conn, raises("IJ102") as caught:
        conn.execute(INSERT, [PATH, Jsonb({"x" * 60_000: 1})])
    assert len(str(caught.value)) < 1_000


@pytest.mark.parametrize("value", ["'; drop table public.import_jobs; --", '"); select 1; --', "$$; select 1; $$"])
def test_sql_in_an_option_is_text(queue: Queue, value: str) -> None:
    with queue.user() as conn:
        options = {"locale": value, "mapping": {value: value}, "null_values": [value]}
        (stored,) = conn.execute(INSERT + " returning options", [PATH, json.dumps(options)]).fetchone()
    assert stored == options
