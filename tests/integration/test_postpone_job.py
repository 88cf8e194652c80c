"""importer.postpone_job: the job runs later, as if it had not been claimed."""

from tests.integration.queue_harness import Claim, Queue, raises


def postpone(queue: Queue, claim: Claim, seconds: int = 60) -> None:
    queue.processor.execute("select importer.postpone_job(%s, %s, %s)", [claim.id, claim.token, seconds])


def test_job_is_pending_until_its_time(queue: Queue) -> None:
    claim = queue.running()
    postpone(queue, claim)
    assert queue.row(claim.id, "status", "phase") == ("pending", None)
    assert queue.value("select run_after between now() + interval '55 s' and now() + interval '65 s' from import_jobs")
    assert queue.claim() == []
    queue.make_due(claim.id)
    assert [claimed.id for claimed in queue.claim()] == [claim.id]


def test_attempt_is_not_counted(queue: Queue) -> None:
    claim = queue.running(max_attempts=1)
    postpone(queue, claim, 0)
    assert queue.row(claim.id, "attempts") == 0
    assert [claimed.value["attempt"] for claimed in queue.claim()] == [1]


def test_event_says_for_how_long(queue: Queue) -> None:
    claim = queue.running()
    postpone(queue, claim, 60)
    assert queue.events(claim.id) == ["pending", "running", "postponed", "pending"]
    assert queue.value("select detail from public.import_job_events where event = 'postponed'") == {"seconds": 60}


def test_no_processor_is_rung(queue: Queue) -> None:
    claim = queue.running()
    notices: list[str] = []
    queue.processor.add_notice_handler(lambda notice: notices.append(notice.message_primary or ""))
    postpone(queue, claim)
    assert notices == []


def test_lease_ends(queue: Queue) -> None:
    claim = queue.running()
    postpone(queue, claim)
    assert queue.value("select count(*) from importer.job_leases") == 0
    with raises("IJ103"):
        postpone(queue, claim)
