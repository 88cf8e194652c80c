"""A job whose input is bad fails with a code, a message and a hint in its row."""

import pytest

from tests.acceptance.conftest import Stack
from tests.acceptance.logs import all_logs

FILES = {
    "empty": (b"", "IJ301"),
    "white_space_only": (b"\n\n  \n", "IJ301"),
    "header_without_data": (b"a,b\n", "IJ302"),
    "header_and_blank_lines": (b"a,b\n\n\n", "IJ302"),
    "png": (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(range(256)), "IJ303"),
    "binary_without_a_known_beginning": (bytes(range(256)) * 40, "IJ303"),
    "not_utf8_in_the_middle": (b"a,b\n" + b"1,2\n" * 200_000 + b"caf\xe9,z\n", "IJ304"),
    "unclosed_quote": (b'a,b\n1,2\n3,"4\n5,6\n', "IJ305"),
    "no_header_matches": (b"x,y\n1,2\n", "IJ306"),
    "required_column_missing": (b"b\n1\n", "IJ307"),
    "header_twice": (b"A,A\n1,2\n", "IJ308"),
    "every_row_rejected": (b"a,b\nx,1\ny,2\n", "IJ421"),
    "too_many_rejected": (b"a,b\n" + b"x,1\n" * 1001 + b"1,1\n", "IJ420"),
}


@pytest.mark.parametrize("name", FILES)
def test_bad_file_fails_with_its_code(stack: Stack, name: str) -> None:
    data, code = FILES[name]
    table = stack.table("a integer not null, b integer")
    job = stack.run(data, table)
    assert (job["status"], job["error_code"]) == ("failed", code)
    assert job["error_message"]
    assert job["error_hint"]
    assert job["attempts"] == 1


def test_unclosed_quote_names_the_line_where_it_opened(stack: Stack) -> None:
    job = stack.run(b'a,b\n1,2\n3,"4\n5,6\n', stack.table("a integer, b text"))
    assert "line 3" in job["error_message"]


def test_missing_object_fails_with_its_code(stack: Stack) -> None:
    job = stack.wait(stack.insert("service/nothing/here.csv", stack.table("a text")))
    assert (job["status"], job["error_code"]) == ("failed", "IJ201")


def test_unknown_target_fails_with_its_code(stack: Stack) -> None:
    job = stack.wait(stack.insert(stack.upload(b"a\n1\n"), "no_such_target"))
    assert (job["status"], job["error_code"]) == ("failed", "IJ106")


def test_dropped_table_fails_with_its_code(stack: Stack) -> None:
    table = stack.table("a text")
    stack.sql(f"drop table public.{table}")
    job = stack.wait(stack.insert(stack.upload(b"a\n1\n"), table))
    assert (job["status"], job["error_code"]) == ("failed", "IJ503")


def test_more_rejections_than_max_errors_fail_the_job(stack: Stack) -> None:
    table = stack.table("a integer")
    job = stack.run(b"a\nx\ny\n1\n", table, {"max_errors": 1})
    assert (job["status"], job["error_code"], job["rows_rejected"]) == ("failed", "IJ420", 2)
    assert stack.run(b"a\nx\ny\n1\n", table, {"max_errors": 2})["status"] == "completed"
    assert stack.run(b"a\nx\ny\n1\n", table, {"max_errors": "50%"})["error_code"] == "IJ420"
    assert stack.run(b"a\nx\ny\n1\n", table, {"max_errors": "70%"})["status"] == "completed"


def test_on_error_abort_fails_at_the_first_bad_row(stack: Stack) -> None:
    table = stack.table("a integer")
    job = stack.run(b"a\nx\n1\n", table, {"on_error": "abort", "max_errors": 100})
    assert (job["status"], job["error_code"], job["rows_rejected"]) == ("failed", "IJ420", 1)


def test_messages_and_logs_do_not_quote_values(stack: Stack) -> None:
    table = stack.table("a integer, j jsonb")
    secret = "sekret-4711"
    job = stack.run(f'a,j\n{secret},1\n2,"{{{secret}"\n'.encode(), table)
    rejections = stack.sql("select message from public.import_job_errors where job_id = %s", job["id"])
    assert job["rows_rejected"] == 2
    assert not any(secret in row["message"] for row in rejections)
    assert secret not in job["error_message"]
    assert secret not in all_logs(stack)
