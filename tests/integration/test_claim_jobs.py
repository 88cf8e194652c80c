"""importer.claim_jobs (and next_jobs): who is next, and that nobody else gets the same job."""

import threading
from uuid import UUID

from tests.integration.queue_harness import OTHER, OWNER, Queue


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
    claim = queue.running(created_by=OWNER, options='{"trim": true}')
    assert claim.value.pop("target")["name"] == "people"
    assert claim.value == {
        "id": str(claim.id),
        "token": str(claim.token),
        "attempt": 1,
        "bucket_id": "imports",
        "object_path": "a/people.csv",
        "target_name": "people",
        "options": {"trim": True},
        "created_by": str(OWNER),
    }


def test_claim_returns_no_target_when_none_of_that_name_is_registered(queue: Queue) -> None:
    assert queue.running(target="nothing").value["target"] is None


def test_claim_returns_nothing_when_running(queue: Queue) -> None:
    queue.running()
    assert queue.claim() == []


def test_claim_takes_no_more_than_asked(queue: Queue) -> None:
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


def test_higher_priority_goes_first(queue: Queue) -> None:
    queue.insert(priority=0)
    urgent = queue.insert(priority=5)
    assert [claim.id for claim in queue.claim()] == [urgent]


def test_older_job_of_an_owner_goes_first(queue: Queue) -> None:
    queue.insert(created_by=OWNER, created_at="2026-01-02")
    older = queue.insert(created_by=OWNER, created_at="2026-01-01")
    assert [claim.id for claim in queue.claim()] == [older]


def test_owners_take_turns(queue: Queue) -> None:
    mine = [queue.insert(created_by=OWNER, created_at=f"2026-01-0{day}") for day in (1, 2, 3)]
    theirs = queue.insert(created_by=OTHER, created_at="2026-01-04")
    assert {claim.id for claim in queue.claim(2)} == {mine[0], theirs}


def test_running_jobs_of_an_owner_count_as_turns_taken(queue: Queue) -> None:
    queue.running(created_by=OWNER)
    queue.insert(created_by=OWNER, created_at="2026-01-01")
    theirs = queue.insert(created_by=OTHER, created_at="2026-01-02")
    assert [claim.id for claim in queue.claim()] == [theirs]


def test_jobs_without_owner_take_turns_as_one_owner(queue: Queue) -> None:
    queue.insert(created_at="2026-01-01")
    queue.insert(created_at="2026-01-02")
    theirs = queue.insert(created_by=OTHER, created_at="2026-01-03")
    assert theirs in {claim.id for claim in queue.claim(2)}


def test_target_has_at_most_four_running_jobs(queue: Queue) -> None:
    for _ in range(6):
        queue.insert(target="people")
    assert len(queue.claim(3)) == 3
    assert len(queue.claim(3)) == 1
    assert queue.claim(3) == []


def test_target_with_four_running_jobs_does_not_hold_up_others(queue: Queue) -> None:
    for _ in range(6):
        queue.insert(target="people", priority=9)
    other = queue.insert(target="cities")
    assert other in {claim.id for claim in queue.claim(5)}


def test_place_of_a_target_is_free_again_when_a_job_ends(queue: Queue) -> None:
    for _ in range(5):
        queue.insert(target="people")
    first, *_ = queue.claim(5)
    queue.fail(first)
    assert len(queue.claim(5)) == 1


def test_every_claim_has_a_new_token(queue: Queue) -> None:
    first = queue.running()
    queue.give_back(first)
    (second,) = queue.claim()
    assert second.id == first.id
    assert second.token != first.token


def test_started_at_is_the_time_of_the_first_claim(queue: Queue) -> None:
    claim = queue.running()
    started = queue.row(claim.id, "started_at")
    queue.give_back(claim)
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


def test_owners_take_turns_at_one_target_too(queue: Queue) -> None:
    for day in range(1, 7):
        queue.insert(created_by=OWNER, created_at=f"2026-01-0{day}")
    theirs = queue.insert(created_by=OTHER, created_at="2026-01-09")
    assert theirs in {claim.id for claim in queue.claim(4)}


def test_target_says_how_many_of_its_jobs_run(queue: Queue) -> None:
    queue.admin.execute("create schema app; create table app.people (name text)")
    queue.admin.execute("select importer.register_target('app.people')")
    queue.admin.execute("update public.import_targets set max_running_jobs = 1")
    queue.insert(target="people")
    queue.insert(target="app.people")  # the same target by its table
    assert len(queue.claim(5)) == 1
    assert queue.claim(5) == []


def test_owner_has_at_most_eight_running_jobs(queue: Queue) -> None:
    for number in range(10):
        queue.insert(created_by=OWNER, target=f"t{number}")
    assert len(queue.claim(5)) == 5
    assert len(queue.claim(5)) == 3
    assert queue.claim(5) == []


def test_owner_has_at_most_eight_running_jobs_whatever_their_priorities(queue: Queue) -> None:
    for number in range(12):
        queue.insert(created_by=OWNER, target=f"t{number}", priority=number % 3)
    assert len(queue.claim(12)) == 8


def test_setting_says_how_many_jobs_of_an_owner_run(queue: Queue) -> None:
    queue.admin.execute("insert into importer.settings (name, value) values ('max_running_jobs_per_owner', '2')")
    for number in range(4):
        queue.insert(created_by=OWNER, target=f"t{number}")
    assert len(queue.claim(4)) == 2


def test_jobs_without_owner_have_no_limit_of_an_owner(queue: Queue) -> None:
    for number in range(10):
        queue.insert(target=f"t{number}")
    assert len(queue.claim(10)) == 10


def test_owner_at_the_limit_takes_no_place_of_a_target_from_others(queue: Queue) -> None:
    queue.admin.execute("insert into importer.settings (name, value) values ('max_running_jobs_per_owner', '1')")
    for day in range(1, 7):
        queue.insert(created_by=OWNER, created_at=f"2026-01-0{day}", priority=5)
    theirs = queue.insert(created_by=OTHER)
    assert {claim.id for claim in queue.claim(5)} > {theirs}


def test_backlog_at_a_full_target_takes_nothing_from_its_owners_other_targets(queue: Queue) -> None:
    for _ in range(4):
        queue.insert(target="people")
    queue.claim(4)
    for _ in range(9):
        queue.insert(target="people", created_by=OWNER, priority=5)
    other = queue.insert(target="cities", created_by=OWNER)
    assert [claim.id for claim in queue.claim(4)] == [other]
