"""public.undo_import_job and importer.request_undo: who may ask for an undo, and what a processor gets of it."""

from uuid import UUID, uuid4

import pytest

from tests.integration.queue_harness import OTHER, OWNER, Queue, raises
from tests.integration.undo_harness import NOTES, bodies, loaded, undo

ASK = "select public.undo_import_job(%s)"
CLAIM = "select importer.claim_undos(1)"


@pytest.fixture
def notes(queue: Queue) -> Queue:
    """A target whose owners may undo within two days."""
    queue.admin.execute("delete from importer.undo_requests")
    queue.admin.execute(NOTES)
    queue.admin.execute("select importer.register_target('app.notes', undo_days => 2)")
    return queue


def ask(queue: Queue, job: UUID, user: UUID = OWNER) -> None:
    with queue.user(user) as client:
        client.execute(ASK, [job])


def test_request_has_the_claims_of_the_owner_and_rings(notes: Queue) -> None:
    job = loaded(notes, "a", created_by=OWNER)
    ask(notes, job)
    assert notes.row(job, "status", "undone_at", "undo_error_code") == ("completed", None, None)
    assert notes.events(job)[-1] == "undo_requested"
    (request,) = notes.processor.execute(CLAIM).fetchone()
    assert (request["id"], request["role"], request["attempt"]) == (str(job), "authenticated", 1)
    assert request["claims"]["sub"] == str(OWNER)
    assert notes.processor.execute(CLAIM).fetchall() == []


def test_service_asks_for_the_owner(notes: Queue) -> None:
    job = loaded(notes, "a", created_by=OWNER)
    with notes.db.connect("service_role", {}) as service:
        service.execute(ASK, [job])
    (request,) = notes.processor.execute(CLAIM).fetchone()
    assert request["claims"]["sub"] == str(OWNER)


def test_service_without_the_rights_of_the_owner_is_refused(notes: Queue) -> None:
    job = loaded(notes, "a", created_by=OWNER)
    notes.admin.execute("delete from importer.job_identities where job_id = %s", [job])
    with raises("IJ112"), notes.db.connect("service_role", {}) as service:
        service.execute(ASK, [job])
    ask(notes, job)


@pytest.mark.parametrize("change", ["undo_requested_at = null", "undo_requested_at = '2020-01-01'"])
def test_clients_change_the_request_in_no_other_way(notes: Queue, change: str) -> None:
    job = loaded(notes, "a", created_by=OWNER)
    ask(notes, job)
    before = notes.row(job, "undo_requested_at")
    with notes.user() as client:
        client.execute(f"update public.import_jobs set {change} where id = %s", [job])
    assert notes.row(job, "undo_requested_at") == before


def test_others_do_not_find_the_job(notes: Queue) -> None:
    job = loaded(notes, "a", created_by=OWNER)
    with raises("IJ108"):
        ask(notes, job, OTHER)
    with raises("IJ108"):
        ask(notes, uuid4())


def test_job_without_an_owner_is_left_to_administrators(notes: Queue) -> None:
    job = loaded(notes, "a")
    with raises("IJ112"), notes.db.connect("service_role", {}) as service:
        service.execute(ASK, [job])
    assert undo(notes, job) == 1


@pytest.mark.parametrize("days", [None, 1])
def test_target_says_for_how_long(notes: Queue, days: int | None) -> None:
    job = loaded(notes, "a", created_by=OWNER)
    notes.admin.execute("update public.import_targets set undo_days = %s", [days])
    notes.admin.execute("update public.import_jobs set finished_at = now() - interval '25 hours' where id = %s", [job])
    with raises("IJ112"):
        ask(notes, job)


def test_job_that_runs_cannot_be_undone(notes: Queue) -> None:
    claim = notes.running(target="notes", created_by=OWNER)
    with raises("IJ112"):
        ask(notes, claim.id)


def test_job_that_is_being_undone_is_not_retried(notes: Queue) -> None:
    job = loaded(notes, "a", status="failed", created_by=OWNER)
    ask(notes, job)
    with raises("IJ101"), notes.user() as client:
        client.execute("select public.retry_import_job(%s)", [job])
    assert undo(notes, job) == 1
    with notes.user() as client:
        client.execute("select public.retry_import_job(%s)", [job])
    assert notes.row(job, "status", "undone_at", "undo_requested_at") == ("pending", None, None)


def test_request_that_takes_processors_down_fails_after_five_attempts(notes: Queue) -> None:
    job = loaded(notes, "a", created_by=OWNER)
    ask(notes, job)
    for attempt in range(1, 6):
        (request,) = notes.processor.execute(CLAIM).fetchone()
        assert request["attempt"] == attempt
        notes.admin.execute("update importer.undo_requests set run_after = now()")
    assert notes.processor.execute(CLAIM).fetchall() == []
    assert notes.row(job, "undo_error_code", "undone_at") == ("IJ104", None)
    assert notes.events(job)[-1] == "undo_failed"
    ask(notes, job)
    assert notes.row(job, "undo_error_code") is None


def test_old_token_does_nothing(notes: Queue) -> None:
    job = loaded(notes, "a", created_by=OWNER)
    ask(notes, job)
    notes.processor.execute(CLAIM)
    with raises("IJ103"):
        notes.processor.execute("select importer.begin_undo(%s, %s)", [job, uuid4()])
    with raises("IJ103"):
        notes.processor.execute("select importer.finish_undo(%s, %s, 1, 0)", [job, uuid4()])
    notes.processor.execute("select importer.fail_undo(%s, %s, 'IJ504', 'no', 'no')", [job, uuid4()])
    assert notes.row(job, "undo_error_code", "undone_at") == (None, None)
    assert bodies(notes) == ["a"]


def test_request_that_is_worked_on_is_not_taken(notes: Queue) -> None:
    job = loaded(notes, "a", created_by=OWNER)
    ask(notes, job)
    (request,) = notes.processor.execute(CLAIM).fetchone()
    notes.admin.execute("update importer.undo_requests set run_after = now()")
    with notes.db.connect("import_processor") as other, other.transaction():
        other.execute("select importer.begin_undo(%s, %s)", [job, request["token"]])
        assert notes.processor.execute(CLAIM).fetchall() == []
    assert notes.processor.execute(CLAIM).fetchone()[0]["attempt"] == 2


def test_sweep_rings_for_a_request_that_waits(notes: Queue) -> None:
    job = loaded(notes, "a", created_by=OWNER)
    ask(notes, job)
    with notes.db.connect() as listener:
        listener.execute("listen import_jobs")
        notes.admin.execute("select setval('importer.last_notification', 1)")
        notes.sweep()
        assert [note.channel for note in listener.notifies(timeout=5, stop_after=1)] == ["import_jobs"]
