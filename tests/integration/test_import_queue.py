"""import_queue and import_queue_health: how full the queue is, and whether anybody works on it."""

from uuid import UUID, uuid4

import psycopg
import pytest

from tests.integration.queue_harness import OTHER, OWNER, Queue

EMPTY_HEALTH = "delete from importer.processors; delete from importer.rings"


def overview(queue: Queue) -> tuple[int, int, int]:
    return queue.admin.execute("select waiting, scheduled, running from importer.import_queue()").fetchone()


def alive(queue: Queue) -> tuple[bool, int]:
    return queue.admin.execute("select processor_alive, processors from importer.import_queue_health()").fetchone()


def test_empty_queue_has_zeros_and_no_time(queue: Queue) -> None:
    assert queue.admin.execute("select * from importer.import_queue()").fetchone() == (0, 0, 0, None)


def test_jobs_are_counted_by_what_they_wait_for(queue: Queue) -> None:
    queue.running()
    queue.insert()
    queue.insert(run_after="2000-01-01", created_at="2000-01-02")
    queue.insert(run_after="2100-01-01")
    queue.job_that_is("completed")
    assert overview(queue) == (2, 1, 1)


def test_oldest_job_waits_since_it_is_due(queue: Queue) -> None:
    queue.insert(created_at="2000-01-01 00:00Z", run_after="2000-01-02 00:00Z")
    queue.insert(created_at="2000-01-03 00:00Z", run_after="2000-01-01 00:00Z")
    queue.insert(created_at="1999-01-01 00:00Z", run_after="2100-01-01 00:00Z")
    since = queue.value("select oldest_waiting_since from importer.import_queue()")
    assert since == queue.value("select timestamptz '2000-01-02 00:00Z'")


def test_processor_is_alive_while_it_reports(queue: Queue) -> None:
    queue.admin.execute(EMPTY_HEALTH)
    assert alive(queue) == (False, 0)
    queue.processor.execute("select importer.report_processor('one')")
    queue.processor.execute("select importer.report_processor('two')")
    assert alive(queue) == (True, 2)
    queue.admin.execute("update importer.processors set seen_at = clock_timestamp() - interval '16 s'")
    assert alive(queue) == (False, 0)
    assert queue.value("select processor_seen_at is not null from importer.import_queue_health()")


def test_valid_lease_is_a_sign_of_life(queue: Queue) -> None:
    queue.admin.execute(EMPTY_HEALTH)
    claim = queue.running()
    queue.admin.execute(EMPTY_HEALTH)
    assert alive(queue) == (True, 0)
    queue.expire(claim)
    assert alive(queue) == (False, 0)


def test_last_ring_and_sleep_are_shown(queue: Queue) -> None:
    queue.admin.execute(EMPTY_HEALTH)
    health = "select processor_sleeps, last_ring_at is not null from importer.import_queue_health()"
    assert queue.admin.execute(health).fetchone() == (False, False)
    queue.admin.execute("insert into importer.rings (timeout_milliseconds) values (1000)")
    queue.admin.execute("insert into importer.settings (name, value) values ('processor_sleeps', 'true')")
    assert queue.admin.execute(health).fetchone() == (True, True)


def test_arrival_of_a_ring_is_noted_once(queue: Queue) -> None:
    queue.admin.execute(EMPTY_HEALTH)
    (ring,) = queue.admin.execute(
        "insert into importer.rings (timeout_milliseconds) values (1000) returning number"
    ).fetchone()
    taken = "select last_ring_taken_at from importer.import_queue_health()"
    queue.processor.execute("select importer.report_processor('one')")
    assert queue.value(taken) is None
    queue.processor.execute("select importer.report_processor('one', %s)", [ring])
    first = queue.value(taken)
    assert first is not None
    queue.processor.execute("select importer.report_processor('one')")
    queue.processor.execute("select importer.report_processor('one', %s)", [ring])
    assert queue.value(taken) == first


@pytest.mark.parametrize(("name", "texts"), [("import_queue", set()), ("import_queue_health", {"paused_reason"})])
def test_clients_get_numbers_and_times_only(queue: Queue, name: str, texts: set[str]) -> None:
    """The only text is the reason that an administrator has given for a pause."""
    with queue.user() as owner, queue.db.connect("service_role") as service:
        for conn in (owner, service):
            cursor = conn.execute(f"select * from public.{name}()")
            types = {column.name: queue.admin.adapters.types[column.type_code].name for column in cursor.description}
            assert {column for column in types if types[column] not in ("int8", "bool", "timestamptz")} == texts
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                conn.execute(f"select * from importer.{name}()")
    for conn in (queue.processor, queue.db.connect("anon")):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            conn.execute(f"select * from public.{name}()")


def test_client_sees_how_full_the_whole_queue_is(queue: Queue) -> None:
    queue.insert(created_by=OTHER)
    queue.insert(run_after="2100-01-01")
    with queue.user() as owner:
        assert owner.execute("select waiting, scheduled, running from public.import_queue()").fetchone() == (1, 1, 0)


def place(conn: psycopg.Connection, job: UUID) -> int | None:
    return conn.execute("select place from public.import_queue(%s)", [job]).fetchone()[0]


def test_place_is_that_of_the_turns(queue: Queue) -> None:
    """Owners take turns, so a single job of one stands before the second job of another."""
    first, second, third = (queue.insert(created_by=OTHER) for _ in range(3))
    own = queue.insert(created_by=OWNER)
    urgent = queue.insert(priority=1)
    with queue.user() as owner, queue.user(OTHER) as other, queue.db.connect("service_role") as service:
        assert place(owner, own) == 3
        assert [place(other, job) for job in (first, second, third)] == [2, 4, 5]
        assert place(service, urgent) == 1
        assert {claim.id for claim in queue.claim(4)} == {urgent, first, own, second}
        assert place(other, third) == 1


def test_place_of_other_jobs_is_not_told(queue: Queue) -> None:
    later = queue.insert(created_by=OWNER, run_after="2100-01-01")
    ended = queue.job_that_is("cancelled", created_by=OWNER)
    foreign = queue.insert(created_by=OTHER)
    with queue.user() as owner:
        assert [place(owner, job) for job in (later, ended, foreign, uuid4())] == [None] * 4
