"""importer.renew_lease: the heartbeat extends a valid lease only."""

from tests.integration.queue_harness import Claim, Queue


def renew(queue: Queue, claim: Claim, seconds: int = 45) -> bool:
    return queue.processor.execute(
        "select importer.renew_lease(%s, %s, %s)", [claim.id, claim.token, seconds]
    ).fetchone()[0]


def test_valid_lease_is_extended(queue: Queue) -> None:
    claim = queue.running()
    assert renew(queue, claim, 3600)
    assert queue.value("select expires_at > clock_timestamp() + interval '59 min' from importer.job_leases")


def test_expired_lease_is_not_renewed(queue: Queue) -> None:
    claim = queue.running()
    queue.expire(claim)
    assert not renew(queue, claim)
    assert queue.value("select expires_at < clock_timestamp() from importer.job_leases")


def test_lease_that_was_taken_over_is_not_renewed(queue: Queue) -> None:
    claim = queue.running()
    queue.release(claim)
    queue.claim()
    assert not renew(queue, claim)


def test_lease_of_a_cancelled_job_is_not_renewed(queue: Queue) -> None:
    claim = queue.running()
    queue.admin.execute("update public.import_jobs set status = 'cancelled'")
    assert not renew(queue, claim)


def test_renewal_does_not_wait_for_a_commit_of_the_same_job(queue: Queue) -> None:
    claim = queue.running()
    queue.open(claim)
    with queue.db.connect("import_processor") as loader, loader.transaction():
        queue.commit(claim, 0, conn=loader)
        with queue.processor.transaction():
            queue.processor.execute("set local statement_timeout = '5s'")
            assert renew(queue, claim)


def test_renewal_does_not_touch_the_job(queue: Queue) -> None:
    claim = queue.running()
    before = queue.row(claim.id, "updated_at")
    renew(queue, claim)
    assert queue.row(claim.id, "updated_at") == before
