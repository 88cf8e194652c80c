"""importer.take_back_lost_jobs and importer.restore_attempt: jobs of processors whose session has ended."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

import psycopg
import pytest

from tests.integration.queue_harness import Claim, Queue
from tests.waiting import until

KEY, OWN = 7, 8
LOST = ["pending", "running", "lease_lost", "pending"]


@contextmanager
def session(queue: Queue, key: int = KEY) -> Iterator[psycopg.Connection]:
    """Hold the lock of a session until the block ends and the server has noticed the end."""
    with queue.db.connect("import_processor") as conn:
        assert conn.execute("select importer.hold_session(%s)", [key]).fetchone() == (True,)
        yield conn
    until(lambda: queue.value("select not importer.session_is_open(%s)", key))


def claimed(queue: Queue, key: int = KEY, **columns: object) -> Claim:
    """Insert a job and claim it for the session with this key."""
    queue.insert(**columns)
    (row,) = queue.processor.execute("select importer.claim_jobs('test', 1, 45, %s)", [key]).fetchall()
    return Claim(UUID(row[0]["id"]), UUID(row[0]["token"]), row[0])


def take_back(queue: Queue, grace: str = "0 s", own: int = OWN) -> list[tuple[UUID, str]]:
    return queue.processor.execute(
        "select job_id, action from importer.take_back_lost_jobs(%s, %s)", [own, grace]
    ).fetchall()


def lost(queue: Queue, **columns: object) -> Claim:
    """Return the claim of a job that was taken back because its session had ended."""
    with session(queue):
        claim = claimed(queue, **columns)
    assert take_back(queue) == [(claim.id, "lease_lost")]
    return claim


def restore(queue: Queue, claim: Claim) -> bool:
    return queue.processor.execute("select importer.restore_attempt(%s, %s)", [claim.id, claim.token]).fetchone()[0]


def test_job_of_an_open_session_is_left_alone(queue: Queue) -> None:
    with session(queue):
        claim = claimed(queue)
        assert take_back(queue) == []
        assert queue.row(claim.id, "status") == "running"


def test_job_of_an_ended_session_is_due_at_once(queue: Queue) -> None:
    claim = lost(queue)
    assert queue.events(claim.id) == LOST
    assert queue.row(claim.id, "status", "attempts") == ("pending", 1)
    (successor,) = queue.claim()
    assert successor.id == claim.id


def test_token_of_an_ended_session_is_refused(queue: Queue) -> None:
    claim = lost(queue)
    assert queue.value("select count(*) from importer.job_leases where token = %s", claim.token) == 0
    renewed = queue.processor.execute("select importer.renew_lease(%s, %s)", [claim.id, claim.token]).fetchone()
    assert renewed == (False,)


def test_session_has_a_grace(queue: Queue) -> None:
    with session(queue):
        claim = claimed(queue)
    for _ in range(2):
        assert take_back(queue, "1 h") == [(claim.id, "session_missing")]
    assert queue.row(claim.id, "status") == "running"


def test_session_that_comes_back_within_the_grace_keeps_its_jobs(queue: Queue) -> None:
    with session(queue):
        claim = claimed(queue)
    assert take_back(queue, "1 h") == [(claim.id, "session_missing")]
    with session(queue):
        assert take_back(queue) == []
        assert queue.value("select session_lost_at from importer.job_leases") is None
    assert queue.row(claim.id, "status") == "running"


def test_renewal_by_the_session_ends_the_grace(queue: Queue) -> None:
    with session(queue):
        claim = claimed(queue)
    take_back(queue, "1 h")
    queue.processor.execute("select importer.renew_lease(%s, %s, 45, %s)", [claim.id, claim.token, KEY])
    assert queue.value("select session_lost_at from importer.job_leases") is None


def test_renewal_without_a_session_leaves_the_job_to_the_expiry(queue: Queue) -> None:
    """The processor has found out that a pooler is between it and the server."""
    with session(queue):
        claim = claimed(queue)
    queue.processor.execute("select importer.renew_lease(%s, %s, 45, 0)", [claim.id, claim.token])
    assert take_back(queue) == []
    queue.expire(claim)
    assert queue.sweep() == [(claim.id, "lease_lost")]
    assert not restore(queue, claim)


@pytest.mark.parametrize("key", [None, 0])
def test_claim_without_a_session_is_left_to_the_expiry(queue: Queue, key: int | None) -> None:
    claim = claimed(queue, key)  # type: ignore[arg-type]
    assert take_back(queue) == []
    assert queue.row(claim.id, "status") == "running"


def test_own_jobs_are_left_alone(queue: Queue) -> None:
    with session(queue):
        claim = claimed(queue)
    assert take_back(queue, own=KEY) == []
    assert queue.row(claim.id, "status") == "running"


def test_several_sessions_may_have_one_lock(queue: Queue) -> None:
    """After a reset the processor opens a new session before the server notices the end of the old one."""
    with session(queue):
        claim = claimed(queue)
        with queue.db.connect("import_processor") as second:
            assert second.execute("select importer.hold_session(%s)", [KEY]).fetchone() == (True,)
        assert take_back(queue) == []
    assert take_back(queue) == [(claim.id, "lease_lost")]


def test_lock_of_another_database_does_not_count(queue: Queue, floor_db: object) -> None:
    with floor_db.connect("import_processor") as elsewhere:  # type: ignore[attr-defined]
        elsewhere.execute("select pg_advisory_lock_shared(1229606722, %s)", [KEY])
        claim = claimed(queue)
        assert take_back(queue) == [(claim.id, "lease_lost")]


def test_last_attempt_is_left_to_the_expiry(queue: Queue) -> None:
    with session(queue):
        claim = claimed(queue, max_attempts=1)
    assert take_back(queue) == [(claim.id, "session_missing")]
    assert queue.row(claim.id, "status") == "running"


def test_taking_back_rings(queue: Queue) -> None:
    queue.admin.execute("select importer.configure('http://127.0.0.1:9', 'ring-token')")
    with session(queue):
        claimed(queue)
    queue.processor.execute("select importer.report_processor('test', 1)")
    with queue.processor.transaction(force_rollback=True):
        queue.processor.execute("delete from net.http_request_queue")
        take_back(queue)
        assert queue.processor.execute("select count(*) from net.http_request_queue").fetchone() == (1,)


def test_job_locked_by_a_commit_is_skipped(queue: Queue) -> None:
    with session(queue):
        claim = claimed(queue)
    with queue.db.connect() as other, other.transaction():
        other.execute("select from public.import_jobs for update")
        assert take_back(queue) == [(claim.id, "session_missing")]
    assert take_back(queue) == [(claim.id, "lease_lost")]


def test_processor_that_is_alive_gets_the_attempt_back(queue: Queue) -> None:
    claim = lost(queue)
    assert restore(queue, claim)
    assert queue.row(claim.id, "status", "attempts") == ("pending", 0)
    assert queue.events(claim.id) == [*LOST, "attempt_restored"]


def test_attempt_is_restored_once(queue: Queue) -> None:
    claim = lost(queue)
    assert restore(queue, claim)
    assert not restore(queue, claim)
    assert queue.row(claim.id, "attempts") == 0


def test_attempt_is_restored_while_the_successor_runs(queue: Queue) -> None:
    """The successor's ledger keeps the number of its own attempt."""
    claim = lost(queue)
    (successor,) = queue.claim()
    assert restore(queue, claim)
    assert queue.row(claim.id, "status", "attempts") == ("running", 1)
    queue.open(successor)
    queue.commit(successor)
    assert queue.value("select attempt from importer.job_chunks") == 2


def test_job_that_has_ended_keeps_its_attempts(queue: Queue) -> None:
    claim = lost(queue)
    (successor,) = queue.claim()
    queue.fail(successor)
    assert not restore(queue, claim)
    assert queue.row(claim.id, "status", "attempts") == ("failed", 2)


@pytest.mark.parametrize("open_session", [True, False])
def test_expired_lease_is_restored_if_the_session_had_ended(queue: Queue, open_session: bool) -> None:
    """A processor that hangs with its session open may hang because of the file."""
    with session(queue):
        claim = claimed(queue)
        if open_session:
            queue.expire(claim)
            assert queue.sweep() == [(claim.id, "lease_lost")]
    if not open_session:
        queue.expire(claim)
        assert queue.sweep() == [(claim.id, "lease_lost")]
    assert restore(queue, claim) is not open_session


def test_twenty_lost_sessions_do_not_use_up_the_attempts(queue: Queue) -> None:
    claim = lost(queue, max_attempts=2)
    for _ in range(20):
        assert restore(queue, claim)
        with session(queue):
            (row,) = queue.processor.execute("select importer.claim_jobs('test', 1, 45, %s)", [KEY]).fetchall()
            claim = Claim(UUID(row[0]["id"]), UUID(row[0]["token"]), row[0])
        assert take_back(queue) == [(claim.id, "lease_lost")]
    assert queue.row(claim.id, "attempts") == 1


def test_lost_attempts_are_forgotten_after_a_day(queue: Queue) -> None:
    lost(queue)
    queue.admin.execute("update importer.lost_attempts set lost_at = now() - interval '25 h'")
    queue.sweep()
    assert queue.value("select count(*) from importer.lost_attempts") == 0
