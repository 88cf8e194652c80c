"""docs/reference/sql.md: every statement runs as it stands, in the order of the page, and says what the page promises."""

import re
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from processor.database import migrate
from tests.conftest import Database

TEXT = (Path(__file__).parents[2] / "docs" / "reference" / "sql.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```sql\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)
JOB = "00000000-0000-4000-8000-0000000000ff"


@pytest.fixture
def conn(db: Database) -> Iterator[psycopg.Connection]:
    """The administrator, with the job that the page speaks of: rejected rows, and a lease that is over."""
    with db.connect() as conn:
        conn.execute(f"insert into public.import_jobs (id, object_path, target) values ('{JOB}', 'a', 'people')")
        conn.execute("select importer.claim_jobs('test', 1, -1)")
        conn.execute(
            f"insert into public.import_job_errors (job_id, record_number, line_number, code, message)"
            f" values ('{JOB}', 1, 2, 'IJ403', 'm')"
        )
        yield conn


def block(beginning: str) -> str:
    """Return the one block that holds this text."""
    (found,) = [text for text in BLOCKS if beginning in text]
    return found


def test_every_statement_runs_in_the_order_of_the_page(conn: psycopg.Connection) -> None:
    assert len(BLOCKS) >= 25
    for text in BLOCKS:
        try:
            conn.execute(text)
        except psycopg.Error as exc:
            pytest.fail(f"{exc}\nin\n{text}")


def test_every_block_is_one_statement() -> None:
    assert [text for text in BLOCKS if text.count(";\n") != 1] == []


@pytest.mark.parametrize(
    "beginning",
    ["limit 20;\n", "as running_for", "import_job_events", "order by record_number", "first_line", "min(updated_at)"],
)
def test_status_query_finds_the_job(conn: psycopg.Connection, beginning: str) -> None:
    found = [text for text in BLOCKS if beginning in text and "net._http_response" not in text]
    assert len(found) == 1
    assert conn.execute(found[0]).fetchall() != []


def test_lost_job_is_stuck(conn: psycopg.Connection) -> None:
    (row,) = conn.execute(block("the processor was lost")).fetchall()
    assert str(row[0]) == JOB
    assert row[-1] == "the processor was lost"


def test_both_triggers_of_the_doorbell_are_there_and_enabled(conn: psycopg.Connection) -> None:
    rows = conn.execute(block("from pg_trigger")).fetchall()
    enabled = {name for name, state, _ in rows if state in ("O", b"O")}
    assert {"trigger_process_import_jobs", "trigger_process_import_jobs_retry"} <= enabled


def test_query_of_the_doorbell_runs_without_pg_net(conn: psycopg.Connection, db: Database) -> None:
    with db.connect("supabase_admin") as superuser:
        superuser.execute("drop extension if exists pg_net cascade")
        superuser.execute("drop schema if exists net cascade")
    assert conn.execute(block("has_pg_net")).fetchone() == (None, False, False)


def test_table_of_options_lists_exactly_those_that_are_checked() -> None:
    (checked,) = [each.sql for each in migrate.migrations() if each.name == "check_import_options"]
    listed = TEXT.partition("### Options")[2].partition("## ")[0]
    assert re.findall(r"^\| `(\w+)`", listed, re.MULTILINE) == re.findall(r"\('(\w+)', '[^']+'\)", checked)
