"""Undo for owners: asked for by a function, done by the processor under the owner's rights and row security."""

import json
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from tests.acceptance.conftest import Stack
from tests.waiting import until

NOTES = "id bigint generated always as identity primary key, body text, owner uuid, job uuid"
FILE = b"body\na\nb\nc\n"
UNDO = "select (public.undo_import_job(%s)).undo_requested_at"
# What inserts and reads, and what deletes, when the row is the user's own.
OWN = """
alter table public.{0} enable row level security;
create policy own on public.{0} to authenticated
using (owner = (select auth.uid())) with check (owner = (select auth.uid()));
"""


def notes(stack: Stack, privileges: str = "select, insert, delete", **settings: object) -> str:
    """Create a target whose owners may undo within a week; return its name."""
    table = stack.table(NOTES, owner_column="owner", provenance_column="job", undo_days=7, **settings)
    stack.sql(f"grant {privileges} on public.{table} to authenticated")
    return table


def as_user(stack: Stack, user: UUID, statement: str, *parameters: object) -> Any:
    """Run a statement as the Data API does for a signed-in user, with its time-out; return the first value."""
    with psycopg.connect(stack.env["DATABASE_URL"], autocommit=True) as conn, conn.transaction():
        conn.execute("set local statement_timeout = '8s'")
        conn.execute("set local role authenticated")
        conn.execute(
            "select set_config('request.jwt.claims', %s, true)",
            (json.dumps({"sub": str(user), "role": "authenticated"}),),
        )
        row = conn.execute(statement, parameters).fetchone()
    return row[0] if row else None


def ask(stack: Stack, user: UUID, job: dict[str, Any]) -> None:
    assert as_user(stack, user, UNDO, job["id"]) is not None


def undone(stack: Stack, user: UUID, job: dict[str, Any]) -> dict[str, Any]:
    """Ask for the undo of a job, and return the job when that has ended."""
    ask(stack, user, job)
    return ended(stack, job["id"])


def ended(stack: Stack, job_id: UUID, seconds: float = 60) -> dict[str, Any]:
    def row() -> dict[str, Any]:
        return stack.sql("select * from public.import_jobs where id = %s", job_id)[0]

    return until(lambda: row() if row()["undone_at"] or row()["undo_error_code"] else None, row, seconds)


def refused(stack: Stack, user: UUID, job: dict[str, Any]) -> str:
    """Return the message with which the request for an undo is refused."""
    with pytest.raises(psycopg.Error) as error:
        ask(stack, user, job)
    assert error.value.sqlstate == "IJ112"
    return error.value.diag.message_primary or ""


def test_rows_of_the_job_go_and_all_others_stay(stack: Stack) -> None:
    table, user, other = notes(stack), uuid4(), uuid4()
    stack.sql(OWN.format(table))
    job = stack.run_as(user, FILE, table)
    stack.run_as(user, b"body\nkept\n", table)
    stack.run_as(other, b"body\nforeign\n", table)
    job = undone(stack, user, job)
    assert (job["status"], job["undo_error_code"], job["rows_loaded"]) == ("completed", None, 3)
    assert job["undone_at"] > job["undo_requested_at"]
    assert [body for _, body in stack.rows(table, "id, body")] == ["kept", "foreign"]
    events = stack.sql("select event, detail from public.import_job_events where job_id = %s order by id", job["id"])
    assert [event["event"] for event in events][-2:] == ["undo_requested", "undone"]
    assert (events[-1]["detail"]["removed"], events[-1]["detail"]["by"]) == (3, str(user))


def test_without_the_right_to_delete_nothing_is_removed(stack: Stack) -> None:
    table, user = notes(stack, "select, insert"), uuid4()
    job = undone(stack, user, stack.run_as(user, FILE, table))
    assert (job["status"], job["undo_error_code"], job["undone_at"]) == ("completed", "IJ603", None)
    assert len(stack.rows(table)) == 3
    stack.sql(f"grant delete on public.{table} to authenticated")
    job = undone(stack, user, job)
    assert (job["undo_error_code"], stack.rows(table)) == (None, [])


def test_row_security_that_hides_some_rows_keeps_all(stack: Stack) -> None:
    table, user = notes(stack), uuid4()
    stack.sql(OWN.format(table))
    job = stack.run_as(user, FILE, table)
    stack.sql(f"update public.{table} set owner = %s where body = 'b'", uuid4())
    job = undone(stack, user, job)
    assert (job["undo_error_code"], job["undo_error_message"]) == (
        "IJ603",
        "the owner may not delete 1 of the job's 3 rows",
    )
    assert len(stack.rows(table)) == 3
    stack.sql(f"update public.{table} set owner = %s", user)
    assert undone(stack, user, job)["undo_error_code"] is None
    assert stack.rows(table) == []


def test_rows_that_a_replacement_has_removed_come_back(stack: Stack) -> None:
    table, user = notes(stack, mode="replace"), uuid4()
    stack.run_as(user, FILE, table)
    job = stack.run_as(user, b"body\nx\n", table)
    assert undone(stack, user, job)["undo_error_code"] is None
    assert [body for (body,) in stack.rows(table, "body")] == ["a", "b", "c"]


def test_a_target_must_allow_it(stack: Stack) -> None:
    table, user = notes(stack), uuid4()
    job = stack.run_as(user, FILE, table)
    stack.register(table, undo_days=0)
    assert refused(stack, user, job) == "the job cannot be undone: its target does not let owners undo"
    stack.register(table, undo_days=3)
    stack.sql("update public.import_jobs set finished_at = now() - interval '4 days' where id = %s", job["id"])
    assert refused(stack, user, job) == "the job cannot be undone: its target lets owners undo for 3 days"


@pytest.mark.parametrize(
    ("options", "reason"),
    [({"dry_run": True}, "it was a dry run and wrote nothing"), ({"inspect": True}, "it was an inspection and wrote")],
)
def test_what_wrote_nothing_cannot_be_undone(stack: Stack, options: dict[str, Any], reason: str) -> None:
    table, user = notes(stack), uuid4()
    assert reason in refused(stack, user, stack.run_as(user, FILE, table, options))


def test_only_the_owner_asks(stack: Stack) -> None:
    table, user = notes(stack), uuid4()
    job = stack.run_as(user, FILE, table)
    with pytest.raises(psycopg.Error) as error:
        ask(stack, uuid4(), job)
    assert error.value.sqlstate == "IJ108"
    assert len(stack.rows(table)) == 3


def test_a_table_that_refers_to_the_rows_keeps_them(stack: Stack) -> None:
    table, user = notes(stack), uuid4()
    job = stack.run_as(user, FILE, table)
    stack.sql(f"create table public.{table}_uses (note bigint references public.{table})")
    stack.sql(f"insert into public.{table}_uses select min(id) from public.{table}")
    job = undone(stack, user, job)
    assert (job["undo_error_code"], len(stack.rows(table))) == ("IJ504", 3)


def test_a_request_that_waits_stays_one(stack: Stack) -> None:
    table, user = notes(stack), uuid4()
    job = stack.run_as(user, FILE, table)
    with psycopg.connect(stack.env["DATABASE_URL"]) as conn:
        conn.execute(f"lock table public.{table} in access exclusive mode")
        ask(stack, user, job)
        (first,) = stack.sql("select undo_requested_at from public.import_jobs where id = %s", job["id"])
        ask(stack, user, job)
        assert stack.sql("select undo_requested_at from public.import_jobs where id = %s", job["id"]) == [first]
    assert ended(stack, job["id"])["undo_error_code"] is None
    with pytest.raises(psycopg.Error) as error:
        ask(stack, user, job)
    assert error.value.sqlstate == "IJ112"


@pytest.mark.nightly
def test_a_million_rows_go(stack: Stack) -> None:
    table, user = notes(stack), uuid4()
    stack.sql(OWN.format(table))
    job = stack.run_as(user, b"body\n" + b"".join(b"%d\n" % n for n in range(1_000_000)), table)
    assert (job["status"], job["rows_loaded"]) == ("completed", 1_000_000)
    ask(stack, user, job)
    job = ended(stack, job["id"], 300)
    print((job["undone_at"] - job["undo_requested_at"]).total_seconds())
    assert (job["undo_error_code"], stack.rows(table, "count(*)")) == (None, [(0,)])
