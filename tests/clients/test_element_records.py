"""What the element computes by itself: fields of rejected records as Python's csv reads them, columns, speed."""

from __future__ import annotations

import csv
import io
import json
import subprocess
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.clients import element_package
from tests.clients.client_stack import HERE, NODE

CELLS = st.text(st.sampled_from("ab ;,\t|\"'\\#é€\n="), max_size=6)
RECORDS = st.lists(st.lists(CELLS, min_size=1, max_size=5), min_size=20, max_size=60)


def run(**given_: Any) -> dict[str, Any]:
    """Run the element's own code on values."""
    done = subprocess.run(
        [NODE, HERE / "element_records.mjs"], input=json.dumps(given_), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def written(record: list[str], delimiter: str, quoting: int) -> str:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, quoting=quoting, lineterminator="\n").writerow(record)  # type: ignore[arg-type]
    return text.getvalue().removesuffix("\n")


@settings(max_examples=8, deadline=None)
@given(RECORDS, st.sampled_from(";,\t|"), st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]))
def test_fields_of_a_record_are_those_that_csv_has_written(
    records: list[list[str]], delimiter: str, quoting: int
) -> None:
    element_package.install()
    dialect = {"delimiter": delimiter, "quote": '"', "escape": None}
    read = run(records=[{"raw": written(one, delimiter, quoting), "dialect": dialect} for one in records])["records"]
    assert [[field["text"] for field in fields] for fields in read] == records
    if quoting == csv.QUOTE_ALL:
        assert all(field["quoted"] for fields in read for field in fields)


def test_delimiters_of_several_characters_escapes_and_no_quotes() -> None:
    element_package.install()
    cases = [
        ("a||b|c||", {"delimiter": "||", "quote": '"', "escape": None}, ["a", "b|c", ""]),
        (r'"a\"b",c', {"delimiter": ",", "quote": '"', "escape": "\\"}, ['a"b', "c"]),
        ('"a",b"c"', {"delimiter": ",", "quote": None, "escape": None}, ['"a"', 'b"c"']),
        ("", {"delimiter": ",", "quote": '"', "escape": None}, [""]),
        ('x,"open', {"delimiter": ",", "quote": '"', "escape": None}, ["x", "open"]),
    ]
    read = run(records=[{"raw": raw, "dialect": dialect} for raw, dialect, _ in cases])["records"]
    assert [[field["text"] for field in fields] for fields in read] == [expected for _, _, expected in cases]


def look(*headers: tuple[str | None, str | None], mapping: dict[str, str | None] | None = None) -> dict[str, Any]:
    """Return a look at a file whose fields go into columns; email is the key, and name is required."""
    fields = [
        {"header": header, "field": number, "column": column, "how": None, "samples": [], "filled": 1}
        for number, (header, column) in enumerate(headers, 1)
    ]
    columns = [{"name": name, "required": name == "name"} for name in ("email", "name", "note")]
    target = {"mode": "upsert", "key_columns": ["email"], "columns": columns}
    inspection = {"headers": fields, "missing_columns": [], "dialect": {}}
    return {"target": target, "inspection": inspection, "mapping": mapping or {}, "options": {}, "choices": {}}


def test_column_has_one_field_and_a_key_is_needed() -> None:
    element_package.install()
    both = look(("E-mail", "email"), ("Nome", "name"))
    cases = [
        # Another field takes the column; the one that had it is left out.
        (both, 2, "email", [None, "email"], {"E-mail": None, "Nome": "email"}, ["name"]),
        (both, 1, None, [None, "name"], {"E-mail": None}, ["email"]),
        (look(("Obs", None), ("Nome", "name")), 1, "email", ["email", "name"], {"Obs": "email"}, []),
        # Without a header the number of the field is its key.
        (look((None, "email"), (None, None)), 2, "name", ["email", "name"], {"2": "name"}, []),
        (
            look(("A", "email"), ("B", None), mapping={"B": "name"}),
            2,
            "note",
            ["email", "note"],
            {"B": "note"},
            ["name"],
        ),
    ]
    changes = [{"look": one, "field": field, "column": column} for one, field, column, *_ in cases]
    expected = [{"columns": columns, "mapping": mapping, "missing": missing} for *_, columns, mapping, missing in cases]
    seen = run(looks=changes)["looks"]
    assert [{name: one[name] for name in ("columns", "mapping", "missing")} for one in seen] == expected


def test_question_is_open_until_it_is_answered_or_another_answer_decides_it() -> None:
    element_package.install()
    ambiguous = {"date_formats": {"value": None, "how": "default", "alternatives": [["%d/%m/%Y"], ["%m/%d/%Y"]]}}
    asked = look(("A", "note")) | {"choices": {"date_formats": [["%d/%m/%Y"], ["%m/%d/%Y"]]}}
    still = asked | {"inspection": asked["inspection"] | {"dialect": ambiguous}}
    cases = [
        (still, ["date_formats"], ["date_formats"]),
        (still | {"options": {"date_formats": ["%d/%m/%Y"]}}, [], ["date_formats"]),
        # A locale has an order of dates, so the next inspection has no question.
        (asked | {"options": {"locale": "pt-BR"}}, [], []),
    ]
    seen = run(looks=[{"look": one, "field": 1, "column": "note"} for one, *_ in cases])["looks"]
    assert [(one["open"], one["asked"]) for one in seen] == [(open_, questions) for _, open_, questions in cases]


def test_speed_is_steady_and_says_the_time_that_is_left() -> None:
    element_package.install()
    job = {"status": "running", "rows_read": 0, "progress": 0}
    jobs = [
        {"now": second * 1000, "job": job | {"rows_read": 5000 * second, "progress": 10 * second}}
        for second in range(4)
    ]
    speeds = run(jobs=jobs)["speeds"]
    assert speeds[0] == {"rowsPerSecond": 0}
    assert [speed["rowsPerSecond"] for speed in speeds[1:]] == [5000] * 3
    assert [round(speed["secondsLeft"]) for speed in speeds[1:]] == [9, 8, 7]
