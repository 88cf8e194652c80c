"""importer.claim_jobs: a claim sets the job running, counts an attempt and makes a lease; each job is claimed once."""

import threading
from datetime import UTC, datetime, timedelta
from uuid import UUID

from tests.integration.queue_harness import OWNER, Queue


def test_claim_sets_the_job_running_in_phase_opening(queue: Queue) -> None:
    claim = queue.running()
    assert queue.row(claim.id, "status", "phase") == ("running", "opening")


def test_claim_counts_the_attempt(queue: Queue) -> None:
    claim = queue.running()
    assert queue.row(claim.id, "attempts") == 1
    assert claim.value["attempt"] == 1


def test_claim_returns_what_the_processor_needs(queue: Queue) -> None:
    queue.admin.execute("create schema app; create table app.people (name text)")
    queue.admin.execute("select importer.register_target('app.people')")
    queue.insert(
        created_by=OWNER,
        options='{"trim": true}',
        created_at=datetime.now(UTC) - timedelta(hours=2),
        run_after=datetime.now(UTC) - timedelta(hours=1),
    )
    (claim,) = queue.claim()
    assert claim.value.pop("target")["name"] == "people"
    assert 3600 <= claim.value.pop("waited") < 7200 <= claim.value.pop("age")
    assert claim.value == {
        "id": str(claim.id),
        "token": str(claim.token),
        "attempt": 1,
        "bucket_id": "imports",
        "object_path": "a/people.csv",
        "target_name": "people",
        "options": {"trim": True},
        "owner": str(OWNER),
        "role": "authenticated",
        "claims": {"role": "authenticated", "sub": str(OWNER)},
        "last": False,
        "fresh": True,
        "expected_sha256": None,
    }


def test_released_job_is_not_fresh(queue: Queue) -> None:
    queue.release(queue.running())
    (again,) = queue.claim()
    assert (again.value["attempt"], again.value["fresh"]) == (1, False)


def test_claim_returns_no_target_if_it_is_not_registered(queue: Queue) -> None:
    assert queue.running(target="nothing").value["target"] is None


def test_claim_returns_nothing_when_running(queue: Queue) -> None:
    queue.running()
    assert queue.claim() == []


def test_claim_takes_at_most_max_jobs(queue: Queue) -> None:
    for number in range(3):
        queue.insert(target=f"t{number}")
    assert len(queue.claim(2)) == 2


def test_claim_leaves_jobs_that_are_not_due(queue: Queue) -> None:
    queue.insert(run_after="2100-01-01")
    assert queue.claim() == []


def test_claim_leaves_jobs_without_attempts_left(queue: Queue) -> None:
    job = queue.insert()
    queue.admin.execute("update public.import_jobs set attempts = max_attempts where id = %s", [job])
    assert queue.claim() == []


def test_claim_leaves_cancelled_jobs(queue: Queue) -> None:
    queue.job_that_is("cancelled")
    assert queue.claim() == []


def test_every_claim_has_a_new_token(queue: Queue) -> None:
    first = queue.running()
    queue.release(first)
    (second,) = queue.claim()
    assert second.id == first.id
    assert second.token != first.token


def test_started_at_is_the_time_of_the_first_claim(queue: Queue) -> None:
    claim = queue.running()
    started = queue.row(claim.id, "started_at")
    queue.release(claim)
    queue.claim()
    assert queue.row(claim.id, "started_at") == started


def test_claim_skips_a_job_whose_row_is_locked(queue: Queue) -> None:
    locked = queue.insert(priority=5)
    free = queue.insert(target="cities")
    with queue.db.connect() as client, client.transaction():
        client.execute("select from public.import_jobs where id = %s for update", [locked])
        assert [claim.id for claim in queue.claim(2)] == [free]


def test_concurrent_claimers_never_get_the_same_job(queue: Queue) -> None:
    jobs = {queue.insert(target=f"t{number}") for number in range(40)}
    claimed: list[list[UUID]] = [[], []]
    start = threading.Barrier(2, timeout=10)

    def claimer(mine: list[UUID]) -> None:
        with queue.db.connect("import_processor") as conn:
            start.wait()
            while rows := conn.execute("select importer.claim_jobs('thread', 2)").fetchall():
                mine.extend(UUID(value["id"]) for (value,) in rows)

    threads = [threading.Thread(target=claimer, args=[mine]) for mine in claimed]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(claimed[0] + claimed[1]) == sorted(jobs)


def test_concurrent_claimers_keep_the_limit_of_a_target(queue: Queue) -> None:
    for _ in range(12):
        queue.insert(target="people")
    start = threading.Barrier(2, timeout=10)

    def claimer() -> None:
        with queue.db.connect("import_processor") as conn:
            start.wait()
            conn.execute("select importer.claim_jobs('thread', 4)")

    threads = [threading.Thread(target=claimer) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert queue.value("select count(*) from public.import_jobs where status = 'running'") == 4
