"""importer.undo_import_job: all rows of a job are removed from the target, or none."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.integration.queue_harness import OTHER, OWNER, Claim, Queue, raises

NOTES = """
create schema app;
create table app.notes (
  id bigint generated always as identity primary key, owner uuid, body text unique, import_job_id uuid,
  length integer generated always as (length(body)) stored
);
select importer.register_target('app.notes', provenance_column => 'import_job_id');
"""
REPLACE = "select importer.register_target('app.notes', mode => 'replace', owner_column => 'owner')"
NO_PROVENANCE = "update public.import_targets set provenance_column = null"


@pytest.fixture
def notes(queue: Queue) -> Queue:
    queue.admin.execute(NOTES)
    return queue


def loaded(queue: Queue, *bodies: str, status: str = "completed", **columns: object) -> UUID:
    """Return a job that has loaded these rows and is in `status`."""
    claim = queue.running(target="notes", **columns)
    queue.open(claim)
    put(queue, claim, *bodies)
    queue.commit(claim, loaded=len(bodies))
    if status == "completed":
        queue.finish(claim, len(bodies))
    elif status == "failed":
        queue.fail(claim)
    elif status == "cancelled":
        queue.admin.execute("update public.import_jobs set status = 'cancelled' where id = %s", [claim.id])
    return claim.id


def put(queue: Queue, claim: Claim, *bodies: str) -> None:
    owner = claim.value["owner"]
    for body in bodies:
        queue.admin.execute(
            "insert into app.notes (owner, body, import_job_id) values (%s, %s, %s)", [owner, body, claim.id]
        )


def replaced(queue: Queue, *bodies: str, **columns: object) -> UUID:
    """Return a job that has replaced the owner's rows, or all rows, by these."""
    claim = queue.running(target="notes", **columns)
    queue.processor.execute("select importer.keep_replaced_rows(%s, %s)", [claim.id, claim.token])
    owner = claim.value["owner"]
    queue.admin.execute("delete from app.notes where owner = %s or %s::uuid is null", [owner, owner])
    queue.open(claim)
    put(queue, claim, *bodies)
    queue.commit(claim, loaded=len(bodies))
    queue.finish(claim, len(bodies))
    return claim.id


def undo(queue: Queue, job: UUID) -> int:
    return queue.value("select importer.undo_import_job(%s)", job)


def bodies(queue: Queue) -> list[str]:
    return [body for (body,) in queue.admin.execute("select body from app.notes order by body")]


def event(queue: Queue, job: UUID) -> dict[str, Any]:
    return queue.value("select detail from public.import_job_events where job_id = %s and event = 'undone'", job)


@pytest.mark.parametrize("mode", ["insert", "ignore"])
def test_only_the_rows_of_the_job_are_removed(notes: Queue, mode: str) -> None:
    notes.admin.execute("update public.import_targets set mode = %s", [mode])
    notes.admin.execute("insert into app.notes (body) values ('by hand')")
    other = loaded(notes, "x")
    job = loaded(notes, "a", "b")
    assert undo(notes, job) == 2
    assert bodies(notes) == ["by hand", "x"]
    assert undo(notes, other) == 1


@pytest.mark.parametrize("status", ["completed", "failed", "cancelled"])
def test_job_with_any_outcome_can_be_undone(notes: Queue, status: str) -> None:
    assert undo(notes, loaded(notes, "a", status=status)) == 1
    assert bodies(notes) == []


def test_undone_at_is_set_and_the_counters_are_kept(notes: Queue) -> None:
    job = loaded(notes, "a", "b")
    undo(notes, job)
    assert notes.row(job, "undone_at") is not None
    assert notes.row(job, "status", "rows_read", "rows_loaded") == ("completed", 2, 2)
    assert event(notes, job) == {"removed": 2, "restored": 0, "by": "postgres"}


def test_row_deleted_since_is_not_an_error(notes: Queue) -> None:
    job = loaded(notes, "a", "b")
    notes.admin.execute("delete from app.notes where body = 'a'")
    assert undo(notes, job) == 1


def test_provenance_column_may_be_text(notes: Queue) -> None:
    notes.admin.execute("alter table app.notes alter column import_job_id type text")
    assert undo(notes, loaded(notes, "a")) == 1


def test_retry_of_an_undone_job_starts_from_the_beginning(notes: Queue) -> None:
    job = loaded(notes, "a", status="failed")
    undo(notes, job)
    notes.admin.execute("update public.import_jobs set status = 'pending'")
    assert notes.row(job, "undone_at", "rows_read", "rows_loaded", "chunks_done") == (None, 0, 0, 0)
    assert notes.value("select count(*) from importer.job_chunks") == 0
    (claim,) = notes.claim()
    notes.open(claim)
    put(notes, claim, "a")
    notes.commit(claim)
    notes.finish(claim, 1)
    assert undo(notes, job) == 1


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ("update public.import_jobs set undone_at = now()", "it has already been undone"),
        ("""update public.import_jobs set options = '{"dry_run": true}'""", "it was a dry run and wrote nothing"),
        (NO_PROVENANCE, "its target has no provenance_column"),
        ("delete from public.import_targets", "its target or table no longer exists"),
        ("drop table app.notes", "its target or table no longer exists"),
        ("update public.import_targets set mode = 'replace'", "the rows that it replaced are no longer stored"),
        (
            "update public.import_targets set mode = 'upsert', key_columns = '{body}'",
            "mode upsert does not store the previous values",
        ),
        (
            "update public.import_targets set mode = 'update', key_columns = '{body}'",
            "mode update does not store the previous values",
        ),
    ],
)
def test_error_says_why_a_job_cannot_be_undone(notes: Queue, change: str, reason: str) -> None:
    job = loaded(notes, "a")
    notes.admin.execute(change)
    with raises("IJ112") as caught:
        undo(notes, job)
    assert caught.value.diag.message_primary == f"the job cannot be undone: {reason}"
    assert event_count(notes) == 0


def event_count(queue: Queue) -> int:
    return queue.value("select count(*) from public.import_job_events where event = 'undone'")


@pytest.mark.parametrize("status", ["pending", "running"])
def test_job_that_has_not_ended_cannot_be_undone(notes: Queue, status: str) -> None:
    job = notes.job_that_is(status, target="notes")
    with raises("IJ112"):
        undo(notes, job)


def test_job_cannot_be_undone_twice(notes: Queue) -> None:
    job = loaded(notes, "a")
    undo(notes, job)
    with raises("IJ112"):
        undo(notes, job)


def test_unknown_job_raises_ij108(notes: Queue) -> None:
    with raises("IJ108"):
        undo(notes, uuid4())


@pytest.mark.parametrize("role", ["authenticated", "anon", "service_role", "import_processor"])
def test_only_administrators_may_undo(notes: Queue, role: str) -> None:
    job = loaded(notes, "a", created_by=OWNER)
    claims = {"sub": str(OWNER)} if role == "authenticated" else None
    with notes.db.connect(role, claims) as conn, raises("42501"):
        conn.execute("select importer.undo_import_job(%s)", [job])


def test_foreign_key_violation_is_raised_and_nothing_changes(notes: Queue) -> None:
    job = loaded(notes, "a", "b")
    notes.admin.execute("create table app.tags (note_body text references app.notes (body))")
    notes.admin.execute("insert into app.tags values ('b')")
    with raises("23503"):
        undo(notes, job)
    assert bodies(notes) == ["a", "b"]
    assert notes.row(job, "undone_at") is None
    assert event_count(notes) == 0


def test_trigger_of_the_table_can_use_unqualified_names(notes: Queue) -> None:
    notes.admin.execute(
        "create table public.undo_log (body text);"
        "create function app.remember() returns trigger language plpgsql as"
        " 'begin insert into undo_log values (old.body); return old; end';"
        "create trigger remember after delete on app.notes for each row execute function app.remember()"
    )
    try:
        undo(notes, loaded(notes, "a"))
        assert notes.value("select body from public.undo_log") == "a"
    finally:
        notes.admin.execute("drop table public.undo_log")
    assert notes.value("show search_path") == '"$user", public, extensions'


def test_replaced_rows_of_the_owner_are_restored(notes: Queue) -> None:
    notes.admin.execute(REPLACE)
    notes.admin.execute(NO_PROVENANCE)
    notes.admin.execute(
        "insert into app.notes (owner, body) values (%s, 'old 1'), (%s, 'foreign'), (%s, 'old 2')",
        [OWNER, OTHER, OWNER],
    )
    before = notes.admin.execute("select * from app.notes order by id").fetchall()
    job = replaced(notes, "new", created_by=OWNER)
    assert bodies(notes) == ["foreign", "new"]
    assert undo(notes, job) == 2
    assert notes.admin.execute("select * from app.notes order by id").fetchall() == before
    assert event(notes, job) == {"removed": 1, "restored": 2, "by": "postgres"}


def test_replaced_rows_of_all_owners_are_restored(notes: Queue) -> None:
    notes.admin.execute(REPLACE)
    notes.admin.execute(NO_PROVENANCE)
    notes.admin.execute("insert into app.notes (owner, body) values (%s, 'a'), (null, 'b')", [OWNER])
    job = replaced(notes, "new 1", "new 2", "new 3")
    assert undo(notes, job) == 2
    assert bodies(notes) == ["a", "b"]


def test_rows_added_since_are_kept_if_there_is_a_provenance_column(notes: Queue) -> None:
    notes.admin.execute(REPLACE)
    notes.admin.execute("insert into app.notes (owner, body) values (%s, 'old')", [OWNER])
    job = replaced(notes, "new", created_by=OWNER)
    notes.admin.execute("insert into app.notes (owner, body) values (%s, 'since')", [OWNER])
    assert undo(notes, job) == 1
    assert bodies(notes) == ["old", "since"]


def test_saved_rows_are_dropped_with_the_undo(notes: Queue) -> None:
    notes.admin.execute(REPLACE)
    job = replaced(notes, "new")
    assert undo(notes, job) == 0
    assert notes.value("select to_regclass('importer.replaced_' || %s)", job.hex) is None


def test_saved_rows_are_restored_after_a_change_of_the_mode(notes: Queue) -> None:
    notes.admin.execute(REPLACE)
    notes.admin.execute("insert into app.notes (body) values ('old')")
    job = replaced(notes, "new")
    notes.admin.execute("update public.import_targets set mode = 'insert'")
    assert undo(notes, job) == 1
    assert bodies(notes) == ["old"]


def test_references_to_a_key_that_exists_before_and_after_are_kept(notes: Queue) -> None:
    notes.admin.execute(REPLACE)
    notes.admin.execute("insert into app.notes (body) values ('same'), ('old')")
    job = replaced(notes, "same", "new")
    notes.admin.execute("create table app.tags (note_body text references app.notes (body))")
    notes.admin.execute("insert into app.tags values ('same')")
    assert undo(notes, job) == 2
    assert bodies(notes) == ["old", "same"]


def test_column_added_since_gets_its_default(notes: Queue) -> None:
    notes.admin.execute(REPLACE)
    notes.admin.execute("insert into app.notes (body) values ('old')")
    job = replaced(notes, "new")
    notes.admin.execute("alter table app.notes add column mark text not null default 'm', drop column owner cascade")
    notes.admin.execute("update public.import_targets set owner_column = null")
    undo(notes, job)
    assert notes.admin.execute("select body, mark from app.notes").fetchall() == [("old", "m")]


def test_later_replacement_is_undone_first(notes: Queue) -> None:
    notes.admin.execute(REPLACE)
    notes.admin.execute("insert into app.notes (owner, body) values (%s, 'a')", [OWNER])
    first = replaced(notes, "b", created_by=OWNER)
    second = replaced(notes, "c", created_by=OWNER)
    with raises("IJ112") as caught:
        undo(notes, first)
    assert caught.value.diag.message_primary == "the job cannot be undone: a later job has replaced its rows"
    undo(notes, second)
    assert bodies(notes) == ["b"]
    undo(notes, first)
    assert bodies(notes) == ["a"]


def test_later_replacement_by_another_owner_does_not_matter(notes: Queue) -> None:
    notes.admin.execute(REPLACE)
    first = replaced(notes, "b", created_by=OWNER)
    replaced(notes, "c", created_by=OTHER)
    undo(notes, first)
    assert bodies(notes) == ["c"]


def test_later_replacement_by_an_administrator_prevents_the_undo(notes: Queue) -> None:
    notes.admin.execute(REPLACE)
    first = replaced(notes, "b", created_by=OWNER)
    replaced(notes, "c")
    with raises("IJ112"):
        undo(notes, first)
