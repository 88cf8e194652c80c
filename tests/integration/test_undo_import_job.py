"""importer.undo_import_job: all rows of a job are removed from the target, or none."""

from uuid import uuid4

import pytest

from tests.integration.queue_harness import OWNER, Queue, raises
from tests.integration.undo_harness import NO_PROVENANCE, NOTES, bodies, loaded, put, undo, undone_event


@pytest.fixture
def notes(queue: Queue) -> Queue:
    queue.admin.execute(NOTES)
    return queue


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
    assert undone_event(notes, job) == {"removed": 2, "restored": 0, "by": "postgres"}


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
