"""importer.pause and importer.resume: nothing is taken from the queue meanwhile, and everything else goes on."""

from collections.abc import Iterator

import psycopg
import pytest

from tests.integration.queue_harness import OWNER, Queue
from tests.integration.undo_harness import NOTES, loaded

HEALTH = "select queue_paused, paused_reason, paused_since from {}.import_queue_health()"
#: The claims of every version: of jobs, of inspections, and of undos.
CLAIMS = (
    "select importer.claim_jobs('test', 8)",
    "select importer.claim_jobs('test', 8, 45, 7)",
    "select importer.claim_inspections('test', 8)",
    "select importer.claim_undos(8)",
)


@pytest.fixture
def paused(queue: Queue) -> Iterator[Queue]:
    """A queue with one job, one inspection and one undo, which is paused then."""
    queue.admin.execute("delete from importer.undo_requests")
    queue.admin.execute(NOTES)
    queue.admin.execute("select importer.register_target('app.notes', undo_days => 2)")
    job = loaded(queue, "a", created_by=OWNER)
    with queue.user() as client:
        client.execute("select public.undo_import_job(%s)", [job])
    queue.insert()
    queue.insert(options='{"inspect": true}')
    queue.admin.execute("select importer.pause('moving the database')")
    yield queue
    queue.admin.execute("delete from importer.queue_pause")


def claimed(queue: Queue, statement: str) -> int:
    return len(queue.processor.execute(statement).fetchall())


def rings(queue: Queue) -> int:
    return queue.value("select count(*) from importer.rings")


@pytest.mark.parametrize("claim", CLAIMS)
def test_nothing_is_claimed_until_resumed(paused: Queue, claim: str) -> None:
    before = paused.admin.execute("select status, attempts from public.import_jobs order by id").fetchall()
    assert claimed(paused, claim) == 0
    assert paused.admin.execute("select status, attempts from public.import_jobs order by id").fetchall() == before
    assert paused.value("select importer.resume()")
    assert claimed(paused, claim) == 1


def test_running_job_commits_and_ends(queue: Queue) -> None:
    claim = queue.running()
    queue.admin.execute("select importer.pause('maintenance')")
    try:
        queue.open(claim)
        assert queue.value("select importer.renew_lease(%s, %s, 45)", claim.id, claim.token)
        queue.commit(claim)
        queue.finish(claim, 1)
        assert queue.row(claim.id, "status", "rows_loaded") == ("completed", 1)
    finally:
        queue.admin.execute("select importer.resume()")


def test_lost_job_is_taken_back_and_waits(queue: Queue) -> None:
    claim = queue.running()
    queue.admin.execute("select importer.pause('maintenance')")
    try:
        queue.expire(claim)
        assert queue.sweep() == [(claim.id, "lease_lost")]
        queue.make_due(claim.id)
        assert queue.sweep() == []  # it does not ring for what nobody may take
        assert queue.claim() == []
        assert queue.row(claim.id, "status", "attempts") == ("pending", 1)
    finally:
        queue.admin.execute("select importer.resume()")
    assert [job.id for job in queue.claim()] == [claim.id]


def test_insert_while_paused_rings_and_stays_pending(paused: Queue) -> None:
    job = paused.insert()
    assert paused.claim(8) == []
    assert paused.row(job, "status", "attempts", "error_code") == ("pending", 0, None)


def test_resume_rings_once_and_says_whether_it_was_paused(paused: Queue) -> None:
    paused.admin.execute("select importer.configure('http://127.0.0.1:9', 'ring-token')")
    paused.admin.execute("truncate importer.rings")
    assert paused.value("select importer.resume()") is True
    assert rings(paused) == 1
    assert paused.value("select importer.resume()") is False
    assert rings(paused) == 1


def test_health_says_why_and_since_when_it_is_paused(paused: Queue) -> None:
    (is_paused, reason, since) = paused.admin.execute(HEALTH.format("importer")).fetchone()
    assert (is_paused, reason) == (True, "moving the database")
    with paused.user() as client:
        assert client.execute(HEALTH.format("public")).fetchone() == (True, reason, since)
    again = paused.value("select importer.pause('moving the disk')")
    assert paused.admin.execute(HEALTH.format("importer")).fetchone() == (True, "moving the disk", again)
    assert again == since
    paused.admin.execute("select importer.resume()")
    assert paused.admin.execute(HEALTH.format("public")).fetchone() == (False, None, None)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (None, "no reason was given"),
        ("", "no reason was given"),
        (" \n\t ", "no reason was given"),
        ("two\nlines\x1b[31m and\ta tab", "two lines [31m and a tab"),
        ("x" * 501, "x" * 500),
        ("manutenção", "manutenção"),
    ],
)
def test_reason_is_one_line(paused: Queue, given: str | None, kept: str) -> None:
    paused.admin.execute("select importer.pause(%s)", [given])
    assert paused.value("select paused_reason from importer.import_queue_health()") == kept


@pytest.mark.parametrize("statement", ["select importer.pause('x')", "select importer.resume()"])
def test_only_administrators_pause_and_resume(queue: Queue, statement: str) -> None:
    for conn in (queue.processor, queue.user(), queue.db.connect("service_role")):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            conn.execute(statement)


def test_pause_that_is_rolled_back_was_none(queue: Queue) -> None:
    with queue.admin.transaction(force_rollback=True):
        queue.admin.execute("select importer.pause('never')")
    job = queue.insert()
    assert [claim.id for claim in queue.claim()] == [job]
