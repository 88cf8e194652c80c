"""docs/how-to/doctor.md lists every check with its severity, and those that --fix mends."""

import re
from pathlib import Path

import psycopg

from processor.doctor import bells, database, storage
from processor.doctor.fixes import FIXES

PAGE = (Path(__file__).parents[2] / "docs" / "how-to" / "doctor.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| `(\w+)` \| (\w+) \| (.+) \|$", re.MULTILINE)


def test_page_lists_every_check_in_their_order(catalog: psycopg.Connection) -> None:
    in_sql = catalog.execute("select name, severity from importer.doctor_checks()").fetchall()
    own = [(check.name, check.severity) for check in (*database.CHECKS, *bells.CHECKS, *storage.CHECKS)]
    assert [(name, severity) for name, severity, _ in ROW.findall(PAGE)] == [*in_sql, *own]


def test_page_says_what_is_mended() -> None:
    assert {name for name, _, meaning in ROW.findall(PAGE) if "*mended*" in meaning} == set(FIXES)


def test_every_check_in_sql_has_its_function(catalog: psycopg.Connection) -> None:
    functions = catalog.execute(
        "select substr(p.proname, 8) from pg_proc as p where p.pronamespace = 'importer'::regnamespace"
        " and p.proname like 'doctor\\_%' and p.proname <> 'doctor_checks'"
    ).fetchall()
    assert sorted(functions) == sorted(catalog.execute("select name from importer.doctor_checks()").fetchall())
