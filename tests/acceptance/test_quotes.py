"""Rows with quotes out of order: each is rejected by itself, with its line and column, and the others are loaded."""

from processor.errors import REJECTIONS
from tests.acceptance.conftest import Stack

UNCLOSED = b'id,note\n1,fine\n2,"starts and never ends\n3,ok\n4,he said "hi" to me\n5,ok\n'


def test_an_unclosed_quote_costs_the_row_on_which_it_opens(stack: Stack) -> None:
    table = stack.table("id integer primary key, note text")
    job = stack.run(UNCLOSED, table)
    assert (job["status"], job["rows_loaded"], job["rows_rejected"]) == ("completed", 4, 1)
    assert stack.rejections(job) == [(3, "note", "IJ419")]
    assert stack.rows(table) == [(1, "fine"), (3, "ok"), (4, 'he said "hi" to me'), (5, "ok")]
    (rejected,) = stack.sql("select message, raw from public.import_job_errors where job_id = %s", job["id"])
    assert rejected == {"message": f"{REJECTIONS['IJ419']} (field 2)", "raw": '2,"starts and never ends'}


def test_errors_csv_closes_the_quote_and_can_be_imported_again(stack: Stack) -> None:
    table = stack.table("id integer primary key, note text")
    text = stack.download(stack.run(UNCLOSED + b'x,"bad id"\n', table)["errors_path"])
    ends = (b',2,"starts and never ends"', b',x,"bad id"')
    assert [line.endswith(end) for line, end in zip(text.splitlines()[1:], ends, strict=True)] == [True, True]
    again = stack.run(text.replace(b",x,", b",6,"), table)
    assert (again["status"], again["rows_loaded"], again["rows_rejected"]) == ("completed", 2, 0)


def test_unclosed_quotes_of_a_large_file_swallow_no_rows(stack: Stack) -> None:
    table = stack.table("id integer primary key, name text, note text")
    rows = [b'%d,"Lee, Ann",%s\n' % (row, b"x" * 400 if row % 5000 else b'"open') for row in range(1, 60_002)]
    job = stack.run(b"id,name,note\n" + b"".join(rows), table)
    assert (job["status"], job["rows_read"], job["rows_loaded"]) == ("completed", 60_001, 59_989)
    assert stack.rejections(job) == [(number * 5000 + 1, "note", "IJ419") for number in range(1, 13)]
    assert stack.sql(f"select count(*) from public.{table} where note <> repeat('x', 400)") == [{"count": 0}]


def test_options_of_quotes_are_in_the_dialect_and_in_an_inspection(stack: Stack) -> None:
    table = stack.table("a text, b text")
    options = {"strict_quotes": True, "skip_initial_space": True}
    data = b'a, "b"\n1, "x, y"\n5" pipe,2\n3,z\n'
    job = stack.run(data, table, options)
    assert (job["rows_loaded"], stack.rejections(job)) == (2, [(3, "a", "IJ419")])
    assert {name: job["dialect"][name] for name in options} == options
    assert stack.rows(table) == [("1", "x, y"), ("3", "z")]
    inspection = stack.run(data, table, options | {"inspect": True})["report"]["inspection"]
    assert {name: inspection["dialect"][name] for name in options} == {
        name: {"value": True, "how": "given"} for name in options
    }
    assert [(header["header"], header["column"]) for header in inspection["headers"]] == [("a", "a"), ("b", "b")]
    assert inspection["records"]["rejected"] == 1
