"""importer.undo_import_job in mode replace: the replaced rows are restored."""

import pytest

from tests.integration.queue_harness import OTHER, OWNER, Queue, raises
from tests.integration.undo_harness import NO_PROVENANCE, NOTES, REPLACE, bodies, replaced, undo, undone_event


@pytest.fixture
def notes(queue: Queue) -> Queue:
    queue.admin.execute(NOTES)
    return queue


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
    assert undone_event(notes, job) == {"removed": 1, "restored": 2, "by": "postgres"}


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


def test_trigger_that_leaves_out_rows_keeps_all_as_it_was(notes: Queue) -> None:
    """The replaced rows are dropped at the end of an undo, so one that is not restored would be lost."""
    notes.admin.execute(REPLACE)
    notes.admin.execute("insert into app.notes (owner, body) values (%s, 'a'), (%s, 'b')", [OWNER, OWNER])
    job = replaced(notes, "new", created_by=OWNER)
    notes.admin.execute(
        "create function app.skip() returns trigger language plpgsql as $$ begin return null; end $$;"
        "create trigger skip before insert on app.notes for each row when (new.body = 'a') execute function app.skip()"
    )
    with raises("IJ504"):
        undo(notes, job)
    assert bodies(notes) == ["new"]
    notes.admin.execute("drop trigger skip on app.notes")
    assert undo(notes, job) == 2
