"""Execute every SQL statement of the documentation, page by page, in the order of the page."""

import re
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import psycopg
import pytest

from processor.database import migrate
from processor.local import floor
from tests.conftest import PASSWORDS, Database

DOCS = Path(__file__).parents[2] / "docs"
JOB = "00000000-0000-4000-8000-0000000000ff"
#: A pending job that a page may cancel after it has cancelled the other one.
SECOND_JOB = "00000000-0000-4000-8000-0000000000fe"
PEOPLE = """
create table public.people (
  id bigint generated always as identity primary key, name text not null, email text unique, phone text, born date,
  balance numeric, owner uuid, import_job_id uuid
)
"""


def blocks(page: str) -> list[str]:
    """Return the SQL blocks of a page; those of a list are indented."""
    text = (DOCS / page).read_text(encoding="utf-8")
    return [dedent(block) for _, block in re.findall(r"^( *)```sql\n(.*?)^\1```", text, re.MULTILINE | re.DOTALL)]


#: Pages with SQL, and how many blocks each has at least. security.md has a test of its own, for its one long example.
PAGES = {
    str(path.relative_to(DOCS)): found
    for path in sorted(DOCS.rglob("*.md"))
    if (found := blocks(str(path.relative_to(DOCS)))) and path.name != "security.md"
}


@pytest.fixture
def conn(db: Database) -> Iterator[psycopg.Connection]:
    """Return the administrator's connection, with the job of the pages: it has a rejection, and its lease is over.

    Pages set passwords of roles, which all databases of the cluster share: they get those of the tests again.
    """
    with db.connect() as conn:
        conn.execute(PEOPLE)
        conn.execute("select importer.register_target('public.people')")
        conn.execute(f"insert into public.import_jobs (id, object_path, target) values ('{JOB}', 'a', 'people')")
        conn.execute("select importer.claim_jobs('test', 1, -1)")
        conn.execute(
            f"insert into public.import_job_errors (job_id, record_number, line_number, code, message)"
            f" values ('{JOB}', 1, 2, 'IJ403', 'm')"
        )
        conn.execute(f"insert into public.import_jobs (id, object_path, target) values ('{SECOND_JOB}', 'b', 'people')")
        yield conn
    with psycopg.connect(db.superuser_url, autocommit=True) as superuser:
        floor.after_migrate(superuser, PASSWORDS)


def block(page: str, part: str) -> str:
    """Return the one block of a page that contains a text."""
    (block,) = [text for text in PAGES[page] if part in text]
    return block


def test_pages_have_their_statements() -> None:
    assert len(PAGES) >= 10
    assert sum(map(len, PAGES.values())) >= 60


@pytest.mark.parametrize("page", PAGES)
def test_every_statement_runs_in_the_order_of_the_page(conn: psycopg.Connection, page: str) -> None:
    conn.execute("select importer.configure('http://127.0.0.1:9', 'token')")
    for text in PAGES[page]:
        try:
            conn.execute(text)
        except psycopg.Error as exc:
            pytest.fail(f"{exc}\nin\n{text}")


def test_statements_of_the_readme_run(conn: psycopg.Connection) -> None:
    (text,) = blocks("../README.md")
    conn.execute(text)


@pytest.mark.parametrize("page", PAGES)
def test_every_block_is_one_statement(page: str) -> None:
    without_bodies = [re.sub(r"\$\$.*?\$\$", "", text, flags=re.DOTALL) for text in PAGES[page]]
    assert [text for text in without_bodies if text.count(";\n") != 1] == []


@pytest.mark.parametrize(
    ("page", "part"),
    [
        ("reference/sql.md", "limit 20;\n"),
        ("reference/sql.md", "as running_for"),
        ("reference/sql.md", "import_job_events"),
        ("reference/sql.md", "order by record_number"),
        ("how-to/rejected-rows.md", "first_line"),
        ("how-to/monitor.md", "min(updated_at)"),
        ("how-to/troubleshoot.md", "max_running_jobs"),
    ],
)
def test_query_finds_the_job(conn: psycopg.Connection, page: str, part: str) -> None:
    assert conn.execute(block(page, part)).fetchall() != []


def test_lost_job_is_stuck(conn: psycopg.Connection) -> None:
    (row,) = conn.execute(block("how-to/monitor.md", "the processor was lost")).fetchall()
    assert str(row[0]) == JOB
    assert row[-1] == "the processor was lost"


def test_both_triggers_of_the_doorbell_exist_and_are_enabled(conn: psycopg.Connection) -> None:
    rows = conn.execute(block("how-to/monitor.md", "from pg_trigger")).fetchall()
    enabled = {name for name, state, _ in rows if state in ("O", b"O")}
    assert {"trigger_process_import_jobs", "trigger_process_import_jobs_retry"} <= enabled


def test_query_of_the_doorbell_runs_without_pg_net(conn: psycopg.Connection, db: Database) -> None:
    with db.connect("supabase_admin") as superuser:
        superuser.execute("drop extension if exists pg_net cascade")
        superuser.execute("drop schema if exists net cascade")
    assert conn.execute(block("how-to/monitor.md", "has_pg_net")).fetchone() == (None, False, False)


def test_settings_of_columns_are_accepted_as_the_guide_writes_them(conn: psycopg.Connection) -> None:
    for text in PAGES["how-to/targets.md"]:
        conn.execute(text)
    row = conn.execute("select columns from public.import_targets where name = 'people'").fetchone()
    assert row is not None
    assert row[0]["phone"] == {
        "aliases": ["Celular", "Telefone", "Mobile"],
        "normalise": {"name": "phone", "region": "BR"},
    }
    assert row[0]["email"] == {"normalise": {"name": "email"}, "required": True}


def check_options_sql() -> str:
    """Return the last definition of the check of options."""
    *_, text = [m.sql for m in migrate.migrations() if "function importer.check_import_options" in m.sql]
    return text.partition("function importer.check_import_options")[2].partition("$$;")[0]


def test_table_of_options_lists_exactly_those_that_are_checked() -> None:
    page = (DOCS / "reference" / "options.md").read_text(encoding="utf-8")
    listed = page.partition("## All options")[2].partition("## ")[0]
    assert re.findall(r"^\| `(\w+)`", listed, re.MULTILINE) == re.findall(r"\('(\w+)', '[^']+'\)", check_options_sql())


def test_table_of_targets_lists_every_column(conn: psycopg.Connection) -> None:
    page = (DOCS / "reference" / "targets.md").read_text(encoding="utf-8")
    listed = set(re.findall(r"^\| `(\w+)`", page.partition("## Modes")[0], re.MULTILINE))
    rows = conn.execute(
        "select attname from pg_attribute where attrelid = 'public.import_targets'::regclass and attnum > 0"
    ).fetchall()
    assert listed == {name for (name,) in rows} - {"created_at", "updated_at"}


def test_table_of_a_job_lists_every_column(conn: psycopg.Connection) -> None:
    page = (DOCS / "reference" / "sql.md").read_text(encoding="utf-8")
    tables = re.findall(r"^\| ((?:`\w+`(?:, )?)+) \|", page.partition("## Retry and cancel")[0], re.MULTILINE)
    rows = conn.execute(
        "select attname from pg_attribute where attrelid = 'public.import_jobs'::regclass and attnum > 0"
    ).fetchall()
    assert {name for cell in tables for name in re.findall(r"\w+", cell)} == {name for (name,) in rows}
