"""docs/reference/errors.md, processor/errors.py and the migrations speak of the same codes and give the same advice."""

import re
from dataclasses import dataclass
from html import unescape
from pathlib import Path

import pytest

from processor.database import migrate
from processor.errors import JOB_ERRORS, REJECTIONS

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "reference" / "errors.md"
CODE = re.compile(r"\bIJ[0-9]{3}\b")
_LITERAL = r"'((?:[^']|'')*)'"
_RAISED = re.compile(rf"errcode = '(IJ\d{{3}})',?\s*hint = (?:format\()?{_LITERAL}")
_WRITTEN = re.compile(rf"'(IJ\d{{3}})' end.*?error_hint = case.*?then {_LITERAL}", re.DOTALL)
_CODED_IN_SQL = re.compile(r"errcode = '(\w+)'|'(IJ\d{3})' end")


@dataclass(frozen=True, slots=True)
class Described:
    """A line of the page; `transient` is None for a rejection of a row."""

    code: str
    says: str
    when: str
    advice: frozenset[str]
    transient: bool | None


def page() -> list[Described]:
    rows = []
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        if not line.startswith("| IJ"):
            continue
        code, says, when, advice, *more = (cell.strip() for cell in line.strip("|").split("|"))
        transient = {"yes": True, "no": False}[more[0]] if more else None
        rows.append(Described(code, says, when, frozenset(map(unescape, advice.split("<br>"))), transient))
    return rows


def sql_hints() -> dict[str, set[str]]:
    """Return the hints that the migrations give for each code, with … for what is filled in."""
    hints: dict[str, set[str]] = {}
    for migration in migrate.migrations():
        for code, hint in [*_RAISED.findall(migration.sql), *_WRITTEN.findall(migration.sql)]:
            hints.setdefault(code, set()).add(hint.replace("''", "'").replace("%s", "…").replace("|", "\\|"))
    return hints


def python_codes() -> set[str]:
    """Return every code that stands in the processor's modules, as a definition or in the text."""
    files = (ROOT / "processor").rglob("*.py")
    return {code for path in files for code in CODE.findall(path.read_text(encoding="utf-8"))}


def sql_codes() -> set[str]:
    return {code for migration in migrate.migrations() for code in CODE.findall(migration.sql)}


DESCRIBED = {row.code: row for row in page()} if PAGE.exists() else {}


def test_no_code_is_described_twice() -> None:
    codes = [row.code for row in page()]
    assert sorted(codes) == sorted(set(codes))


def test_page_describes_exactly_the_codes_there_are() -> None:
    assert set(DESCRIBED) == python_codes() | sql_codes()


def test_every_code_of_the_processor_is_defined_in_errors_or_in_a_migration() -> None:
    assert python_codes() <= set(JOB_ERRORS) | set(REJECTIONS) | set(sql_hints())


@pytest.mark.parametrize("migration", migrate.migrations(), ids=lambda migration: migration.name)
def test_every_error_raised_in_sql_has_a_code_of_ours_and_a_hint(migration: migrate.Migration) -> None:
    raised = [code or other for code, other in _CODED_IN_SQL.findall(migration.sql)]
    hinted = [code for code, _ in [*_RAISED.findall(migration.sql), *_WRITTEN.findall(migration.sql)]]
    assert raised == hinted
    assert migration.sql.count("raise exception") == migration.sql.count("errcode = 'IJ")


@pytest.mark.parametrize("code", sorted({*JOB_ERRORS, *sql_hints()}))
def test_advice_is_the_hint_of_code_and_migrations(code: str) -> None:
    hints = sql_hints().get(code, set())
    if code in JOB_ERRORS:
        hints = hints | {JOB_ERRORS[code].hint}
    assert DESCRIBED[code].advice == hints


@pytest.mark.parametrize("code", sorted({*JOB_ERRORS, *sql_hints()}))
def test_page_says_what_is_tried_again_by_itself(code: str) -> None:
    assert DESCRIBED[code].transient is (code in JOB_ERRORS and JOB_ERRORS[code].transient)


@pytest.mark.parametrize("code", sorted(REJECTIONS))
def test_rejection_says_what_the_page_says(code: str) -> None:
    assert DESCRIBED[code].says == REJECTIONS[code]
    assert DESCRIBED[code].transient is None


def test_codes_are_below_the_heading_of_their_group() -> None:
    group = ""
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        if heading := re.match(r"## IJ(\d)xx", line):
            group = heading[1]
        elif line.startswith("| IJ"):
            assert line[4] == group


def test_every_line_is_complete() -> None:
    assert [row for row in page() if not all((row.says, row.when, all(row.advice)))] == []
