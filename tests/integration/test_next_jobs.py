"""importer.next_jobs: in turns between owners, by priority and age within one owner, within the limits."""

import pytest

from tests.integration.queue_harness import OTHER, OWNER, Queue


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


def test_owners_take_turns_with_a_single_slot(queue: Queue) -> None:
    mine = [queue.insert(created_by=OWNER, created_at=f"2026-01-0{day}") for day in (1, 2)]
    theirs = queue.insert(created_by=OTHER, created_at="2026-01-03")
    order = []
    for _ in range(3):
        (claim,) = queue.claim()
        order.append(claim.id)
        queue.fail(claim)
    assert order == [mine[0], theirs, mine[1]]


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


def test_target_has_a_free_place_again_when_a_job_ends(queue: Queue) -> None:
    for _ in range(5):
        queue.insert(target="people")
    first, *_ = queue.claim(5)
    queue.fail(first)
    assert len(queue.claim(5)) == 1


def test_owners_take_turns_at_one_target_too(queue: Queue) -> None:
    for day in range(1, 7):
        queue.insert(created_by=OWNER, created_at=f"2026-01-0{day}")
    theirs = queue.insert(created_by=OTHER, created_at="2026-01-09")
    assert theirs in {claim.id for claim in queue.claim(4)}


def test_max_running_jobs_limits_the_target(queue: Queue) -> None:
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


def test_setting_limits_the_running_jobs_of_an_owner(queue: Queue) -> None:
    queue.admin.execute("insert into importer.settings (name, value) values ('max_running_jobs_per_owner', '2')")
    for number in range(4):
        queue.insert(created_by=OWNER, target=f"t{number}")
    assert len(queue.claim(4)) == 2


def test_limit_of_owners_does_not_apply_to_jobs_without_owner(queue: Queue) -> None:
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


@pytest.mark.parametrize("value", ["many", "", "8.5", "99999999999"])
def test_setting_that_is_not_a_number_means_eight(queue: Queue, value: str) -> None:
    queue.admin.execute(
        "insert into importer.settings (name, value) values ('max_running_jobs_per_owner', %s)", [value]
    )
    for number in range(10):
        queue.insert(created_by=OWNER, target=f"t{number}")
    assert len(queue.claim(10)) == 8


def test_owner_at_the_limit_elsewhere_takes_no_place_of_a_target(queue: Queue) -> None:
    """The owner's second job precedes that of the other, but it cannot run and so takes no place at the target."""
    queue.admin.execute("insert into importer.settings (name, value) values ('max_running_jobs_per_owner', '1')")
    queue.admin.execute("create schema app; create table app.people (name text)")
    queue.admin.execute("select importer.register_target('app.people')")
    queue.admin.execute("update public.import_targets set max_running_jobs = 1")
    first = queue.insert(created_by=OWNER, target="cities", priority=9)
    queue.insert(created_by=OWNER, target="people", priority=5)
    theirs = queue.insert(created_by=OTHER, target="people")
    assert {claim.id for claim in queue.claim(3)} == {first, theirs}


def test_priority_orders_the_jobs_of_one_owner(queue: Queue) -> None:
    jobs = {priority: queue.insert(created_by=OWNER, priority=priority) for priority in (0, 7, -3)}
    order = []
    for _ in jobs:
        (claim,) = queue.claim()
        order.append(claim.id)
        queue.fail(claim)
    assert order == [jobs[7], jobs[0], jobs[-3]]


@pytest.mark.parametrize("slots", [1, 2])
def test_priority_of_a_user_does_not_go_before_the_turn_of_another(queue: Queue, slots: int) -> None:
    for number in range(200):
        queue.insert(created_by=OWNER, priority=32767, target=f"t{number}", created_at="2026-01-01")
    theirs = queue.insert(created_by=OTHER, priority=-32768, created_at="2026-01-02")
    claimed = []
    for _ in range(2):
        claimed += queue.claim(slots)
    assert theirs in {claim.id for claim in claimed[:2]}


def test_priority_of_a_user_does_not_go_before_jobs_without_owner(queue: Queue) -> None:
    for number in range(20):
        queue.insert(created_by=OWNER, priority=32767, target=f"t{number}", created_at="2026-01-01")
    service = queue.insert(created_at="2026-01-02")
    assert service in {claim.id for claim in queue.claim(2)}


def test_priority_of_jobs_without_owner_is_their_precedence_over_all_others(queue: Queue) -> None:
    user = queue.insert(created_by=OWNER, priority=32767, created_at="2026-01-01")
    urgent = [queue.insert(priority=1, created_at=f"2026-01-0{day}") for day in (2, 3)]
    idle = queue.insert(priority=-1, created_at="2026-01-01", target="other")
    assert [claim.id for claim in queue.claim(2)] == urgent
    assert [claim.id for claim in queue.claim()] == [user]
    assert [claim.id for claim in queue.claim()] == [idle]
