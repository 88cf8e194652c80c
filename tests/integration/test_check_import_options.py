"""importer.check_import_options: invalid options fail at the insert."""

import pytest
from psycopg.types.json import Jsonb

from processor.dialect.options import DELIMITERS
from tests.integration.queue_harness import OWNER, Queue, raises

GOOD = [
    {},
    {"encoding": "cp1252"},
    {"delimiter": ";"},
    {"delimiter": "\t"},
    *({"delimiter": mark} for mark in ("||", "::", ", ", "~|~", "\t\t", "^" * 8)),
    *({"delimiter": word} for word in DELIMITERS),
    {"quote": ""},
    {"escape": "\\"},
    {"comment": "#"},
    {"compression": "gzip"},
    {"has_header": False},
    {"skip_lines": 0},
    {"skip_footer": 2},
    *({name: True} for name in ("skip_empty_rows", "strict_quotes", "skip_initial_space", "formula_text")),
    {"member": "2026/contacts.csv"},
    *({"empty_as": word} for word in ("null", "default")),
    {"mapping": {"Nome completo": "name"}},
    {"mapping": {"Nome completo": "name", "Fax": None}},
    {"unknown_columns": "error"},
    {"locale": "pt-BR"},
    {"decimal": ",", "thousands": "."},
    {"date_formats": ["%d/%m/%Y", "%Y-%m-%d"]},
    {"timestamp_formats": []},
    {"true_values": ["sim"], "false_values": ["não"]},
    {"null_values": ["NA", ""]},
    {"trim": True},
    {"time_zone": "America/Recife"},
    {"on_error": "abort"},
    {"max_errors": 0},
    {"max_errors": 999999999},
    {"max_errors": "2%"},
    {"max_errors": "0.5%"},
    {"max_errors": "100%"},
    {"atomic": True, "dry_run": False, "output": True, "force": False, "delete_source": True},
]
BAD = [
    [],
    "text",
    None,
    7,
    {"delimeter": ";"},
    {"Delimiter": ";"},
    {"delimiter": ";" * 9},
    {"delimiter": "a|"},
    {"delimiter": "|\n"},
    {"delimiter": None},
    {"delimiter": ""},
    {"delimiter": "Tab"},
    {"quote": "tab"},
    {"encoding": ""},
    {"encoding": 7},
    {"has_header": "false"},
    {"skip_lines": -1},
    {"skip_lines": 1.5},
    {"skip_lines": "3"},
    {"skip_lines": 10**9},
    {"skip_footer": "2"},
    {"strict_quotes": "true"},
    {"member": ""},
    {"empty_as": "zero"},
    {"empty_as": None},
    {"mapping": ["name"]},
    {"mapping": {"Nome": 1}},
    {"mapping": {"Nome": {"column": "name"}}},
    {"unknown_columns": "warn"},
    {"unknown_columns": ["error"]},
    {"date_formats": "%d/%m/%Y"},
    {"null_values": "NA"},
    {"null_values": [None]},
    {"null_values": [["NA"]]},
    {"on_error": "stop"},
    {"max_errors": -1},
    {"max_errors": 1.5},
    {"max_errors": "10"},
    {"max_errors": "101%"},
    {"max_errors": "-1%"},
    {"max_errors": True},
    {"trim": True, "trimm": True},
    {"encoding": "x" * 70_000},
]


def check(queue: Queue, options: object) -> None:
    queue.admin.execute("select importer.check_import_options(%s)", [Jsonb(options)])


@pytest.mark.parametrize("options", GOOD, ids=str)
def test_valid_options_pass(queue: Queue, options: object) -> None:
    check(queue, options)


@pytest.mark.parametrize("options", BAD, ids=lambda options: str(options)[:40])
def test_invalid_options_are_refused(queue: Queue, options: object) -> None:
    with raises("IJ102"):
        check(queue, options)


def test_error_names_the_unknown_option(queue: Queue) -> None:
    with raises("IJ102") as caught:
        check(queue, {"delimeter": ";"})
    assert caught.value.diag.message_primary == 'unknown option "delimeter"'


def test_error_names_the_option_and_its_kind_but_not_its_value(queue: Queue) -> None:
    with raises("IJ102") as caught:
        check(queue, {"on_error": "s3cret"})
    assert caught.value.diag.message_primary == 'invalid value for option "on_error"'
    assert caught.value.diag.message_hint == "The value must be skip or abort."
    assert "s3cret" not in str(caught.value)


def test_error_about_a_delimiter_lists_all_names(queue: Queue) -> None:
    with raises("IJ102") as caught:
        check(queue, {"delimiter": "tabulator"})
    words = "tab, comma, semicolon, pipe, colon or space"
    assert caught.value.diag.message_hint == f"The value must be one to eight characters, or {words}."


def test_insert_with_invalid_options_is_refused(queue: Queue) -> None:
    with raises("IJ102"):
        queue.insert(options='{"trim": "yes"}')


def test_insert_by_a_client_is_checked(queue: Queue) -> None:
    with queue.user(OWNER) as client, raises("IJ102"):
        client.execute("""insert into import_jobs (object_path, target, options) values ('a', 't', '{"x": 1}')""")


@pytest.mark.parametrize(
    "path", ["", "/a.csv", "a//b.csv", "a/", "./a.csv", "a/../b.csv", "..", ".", "a\nb.csv", "a" * 1025]
)
def test_impossible_path_is_refused(queue: Queue, path: str) -> None:
    with raises("IJ107"):
        queue.insert(object_path=path)


@pytest.mark.parametrize("path", ["a.csv", "a/.hidden", "a/b..c/d.csv", "a/...", "a" * 1024])
def test_valid_path_passes(queue: Queue, path: str) -> None:
    queue.insert(object_path=path)


@pytest.mark.parametrize("columns", [{"target": "x" * 513}, {"bucket_id": "x" * 129}, {"idempotency_key": "x" * 513}])
def test_overlong_texts_are_refused(queue: Queue, columns: dict[str, str]) -> None:
    with raises("IJ107"):
        queue.insert(**columns)


@pytest.mark.parametrize(
    "columns",
    [
        {"status": "running", "phase": "opening"},
        {"attempts": 1},
        {"status": "failed", "error_code": "IJ301", "finished_at": "now"},
        {"status": "completed", "finished_at": "now"},
    ],
    ids=str,
)
def test_new_job_with_a_state_of_its_own_is_refused(queue: Queue, columns: dict[str, object]) -> None:
    with raises("IJ101"):
        queue.insert(**columns)


def test_second_job_of_an_owner_with_the_same_key_is_refused(queue: Queue) -> None:
    queue.insert(created_by=OWNER, idempotency_key="k")
    with raises("23505"):
        queue.insert(created_by=OWNER, idempotency_key="k")


def test_second_job_without_owner_with_the_same_key_is_refused(queue: Queue) -> None:
    queue.insert(idempotency_key="k")
    with raises("23505"):
        queue.insert(idempotency_key="k")


def test_other_owners_may_use_the_same_key(queue: Queue) -> None:
    queue.insert(created_by=OWNER, idempotency_key="k")
    queue.insert(idempotency_key="k")
