"""Check docs/explanation/security.md: each threat links to existing tests, and the example works as described."""

import ast
import re
from pathlib import Path
from typing import LiteralString

import psycopg
import pytest

from tests.conftest import Database

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "explanation" / "security.md"
TEXT = PAGE.read_text(encoding="utf-8")
THREATS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in TEXT.partition("## What stops what")[2].partition("\n## ")[0].splitlines()
    if line.startswith("| ") and not line.startswith("| threat")
]
#: A link to a test: the words of its name, and its file.
LINK = re.compile(r"\[([\w ]+)\]\((\.\./\.\./tests/[\w/]+\.py)\)")
BLOCKS = re.findall(r"^```sql\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)
USER = "00000000-0000-4000-8000-00000000000a"


def names_in(link: str) -> set[str]:
    """Return the names of the tests in a file that the page links to, without running it."""
    path = PAGE.parent / link
    tree = ast.parse(path.read_text(encoding="utf-8")) if path.exists() else ast.Module([], [])
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def missing_tests(text: str) -> list[str]:
    """Return the linked tests that do not exist."""
    return [words for words, link in LINK.findall(text) if f"test_{words.replace(' ', '_')}" not in names_in(link)]


@pytest.mark.parametrize("threat", THREATS, ids=lambda threat: threat[0][:60])
def test_threat_links_to_tests_that_exist(threat: list[str]) -> None:
    name, measure, tests = threat
    assert name
    assert measure
    assert tests
    assert "; ".join(link[0] for link in LINK.finditer(tests)) == tests
    assert missing_tests(tests) == []


def test_page_has_its_threats() -> None:
    assert len(THREATS) >= 20


def test_missing_test_is_found() -> None:
    link = "../../tests/conventions/test_docs_security.py"
    assert missing_tests(f"[missing test is found]({link}); [nobody wrote this]({link})") == ["nobody wrote this"]


def test_links_outside_the_table_lead_to_tests_that_exist() -> None:
    rest = TEXT.partition("## The three secrets")[2]
    assert LINK.findall(rest)
    assert missing_tests(rest) == []


@pytest.fixture
def example(db: Database) -> psycopg.Connection:
    """Return the connection of an administrator who has executed all statements of the page in order."""
    with db.connect() as conn:
        for block in BLOCKS:
            conn.execute(block)
        yield conn


def sqlstate(conn: psycopg.Connection, statement: LiteralString, value: str) -> str | None:
    """Execute a statement with one parameter; return the SQLSTATE of its error, or None when it succeeds."""
    try:
        conn.execute(statement, [value])
    except psycopg.Error as exc:
        return exc.sqlstate
    return None


def test_target_of_the_example_has_all_privileges(example: psycopg.Connection) -> None:
    (target,) = example.execute("select importer.describe_target('notes', 'authenticated')").fetchone()
    assert target["missing_privileges"] == []
    assert target["run_as"] == "uploader"
    assert {column["name"] for column in target["columns"]} == {"team", "body"}


@pytest.mark.parametrize(("metadata", "code"), [({"teams": ["red"]}, None), ({}, "IJ601")])
def test_target_of_the_example_is_for_members(
    db: Database, example: psycopg.Connection, metadata: dict[str, object], code: str | None
) -> None:
    statement = "insert into public.import_jobs (object_path, target) values (%s, 'notes')"
    with db.connect("authenticated", {"sub": USER, "app_metadata": metadata}) as conn:
        assert sqlstate(conn, statement, f"{USER}/notes.csv") == code


@pytest.mark.parametrize(("team", "code"), [("red", None), ("blue", "42501")])
def test_policy_of_the_example_refuses_other_teams(
    db: Database, example: psycopg.Connection, team: str, code: str | None
) -> None:
    with db.connect("authenticated", {"sub": USER, "app_metadata": {"teams": ["red"]}}) as conn:
        assert sqlstate(conn, "insert into public.notes (team, body) values (%s, 'x')", team) == code
