"""docs/explanation/security.md: every threat names tests that exist, and its example does what it says."""

import ast
import re
from pathlib import Path

import psycopg
import pytest

from tests.conftest import Database

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "explanation" / "security.md").read_text(encoding="utf-8")
THREATS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in TEXT.partition("## What stops what")[2].partition("\n## ")[0].splitlines()
    if line.startswith("| ") and not line.startswith("| threat")
]
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")
BLOCKS = re.findall(r"^```sql\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)
USER = "00000000-0000-4000-8000-00000000000a"


def names_in(path: str) -> set[str]:
    """Return the names of the tests of a file, without running it."""
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize("threat", THREATS, ids=lambda threat: threat[0][:60])
def test_threat_names_tests_that_exist(threat: list[str]) -> None:
    name, measure, tests = threat
    assert name
    assert measure
    named = NAMED.findall(tests)
    assert " ".join(f"`{path}::{test}`" for path, test in named) == tests
    assert [(path, test) for path, test in named if not (ROOT / path).exists() or test not in names_in(path)] == []
    assert named != []


def test_page_has_its_threats() -> None:
    assert len(THREATS) >= 20


def test_test_that_does_not_exist_would_be_found() -> None:
    assert "test_that_nobody_wrote" not in names_in("tests/conventions/test_docs_security.py")


def test_warning_names_a_test_that_exists() -> None:
    (named,) = set(re.findall(r"\(`(test_\w+)` shows it\)", TEXT.replace("\n", " ")))
    assert named in names_in("tests/acceptance/test_attacks_tenants.py")


@pytest.fixture
def example(db: Database) -> psycopg.Connection:
    """The administrator of a database in which all statements of the page have been run, in order."""
    with db.connect() as conn:
        for block in BLOCKS:
            conn.execute(block)
        yield conn


def test_target_of_the_example_lacks_nothing(example: psycopg.Connection) -> None:
    (target,) = example.execute("select importer.describe_target('notes', 'authenticated')").fetchone()
    assert target["lacking"] == []
    assert target["run_as"] == "uploader"
    assert {column["name"] for column in target["columns"]} == {"team", "body"}


@pytest.mark.parametrize(("metadata", "code"), [({"teams": ["red"]}, None), ({}, "IJ601")])
def test_target_of_the_example_is_for_members(
    db: Database, example: psycopg.Connection, metadata: dict[str, object], code: str | None
) -> None:
    statement = "insert into public.import_jobs (object_path, target) values (%s, 'notes')"
    with db.connect("authenticated", {"sub": USER, "app_metadata": metadata}) as conn:
        found = None
        try:
            conn.execute(statement, [f"{USER}/notes.csv"])
        except psycopg.Error as exc:
            found = exc.sqlstate
    assert found == code


@pytest.mark.parametrize(("team", "code"), [("red", None), ("blue", "42501")])
def test_policy_of_the_example_refuses_other_teams(
    db: Database, example: psycopg.Connection, team: str, code: str | None
) -> None:
    with db.connect("authenticated", {"sub": USER, "app_metadata": {"teams": ["red"]}}) as conn:
        found = None
        try:
            conn.execute("insert into public.notes (team, body) values (%s, 'x')", [team])
        except psycopg.Error as exc:
            found = exc.sqlstate
    assert found == code
