"""Inspections in the queue: claimed apart from imports, in turns, and outside the limits and turns of imports."""

from uuid import UUID

import psycopg
import pytest
from psycopg.types.json import Jsonb

from tests.integration.queue_harness import OTHER, OWNER, Queue, raises

INSPECT = Jsonb({"inspect": True})
CLAIM = "select importer.claim_inspections('test', %s)"
PATH = f"{OWNER}/a/people.csv"


def claim(queue: Queue, most: int = 2) -> list[dict]:
    return [value for (value,) in queue.processor.execute(CLAIM, [most]).fetchall()]


def inspection(queue: Queue, **columns: object) -> UUID:
    return queue.insert(options=INSPECT, **columns)


def test_each_claim_takes_its_own_kind(queue: Queue) -> None:
    job, looked_at = queue.insert(), inspection(queue)
    assert [UUID(value["id"]) for value in claim(queue)] == [looked_at]
    assert [taken.id for taken in queue.claim(9)] == [job]
    assert claim(queue) == queue.claim(9) == []
    assert queue.row(looked_at, "status", "attempts", "phase") == ("running", 1, "opening")


def test_owners_take_turns(queue: Queue) -> None:
    first = [inspection(queue, created_by=OWNER) for _ in range(3)]
    other = inspection(queue, created_by=OTHER)
    assert {UUID(value["id"]) for value in claim(queue)} == {first[0], other}
    latest = inspection(queue, created_by=OTHER)
    assert {UUID(value["id"]) for value in claim(queue)} == {first[1], latest}
    assert [UUID(value["id"]) for value in claim(queue)] == [first[2]]


def test_running_inspections_take_no_place_of_imports(queue: Queue) -> None:
    queue.admin.execute("insert into importer.settings (name, value) values ('max_running_jobs_per_owner', '1')")
    for _ in range(4):
        inspection(queue, created_by=OWNER)
    assert len(claim(queue, 4)) == 4
    job = queue.insert(created_by=OWNER)
    assert [taken.id for taken in queue.claim()] == [job]


def test_inspections_are_outside_the_quotas(queue: Queue) -> None:
    queue.admin.execute("insert into importer.settings (name, value) values ('max_active_jobs_per_owner', '1')")
    for _ in range(3):
        inspection(queue, created_by=OWNER)
    queue.insert(created_by=OWNER)
    with raises("IJ114"):
        queue.insert(created_by=OWNER)
    inspection(queue, created_by=OWNER)


def test_number_in_a_minute_is_limited_for_each_owner(queue: Queue) -> None:
    queue.admin.execute("insert into importer.settings (name, value) values ('max_inspections_per_owner', '2')")
    for owner in (OWNER, OWNER, OTHER, None, None, None):
        inspection(queue, created_by=owner)
    with raises("IJ118"):
        inspection(queue, created_by=OWNER)
    queue.insert(created_by=OWNER)
    queue.admin.execute("update public.import_jobs set created_at = created_at - interval '1 minute'")
    inspection(queue, created_by=OWNER)


@pytest.mark.parametrize(
    ("inspects", "options"), [(True, {"inspect": False}), (True, {"inspect": None}), (False, {"inspect": True})]
)
def test_retry_does_not_turn_one_into_the_other(queue: Queue, inspects: bool, options: dict[str, object]) -> None:
    job = queue.job_that_is("cancelled", created_by=OWNER, options=Jsonb({"inspect": True} if inspects else {}))
    with raises("IJ102"), queue.user() as client:
        client.execute("select public.retry_import_job(%s, %s)", [job, Jsonb(options)])
    with queue.user() as client:
        client.execute("select public.retry_import_job(%s)", [job])
    assert queue.row(job, "inspects") is inspects


def test_options_that_write_or_delete_are_left_out(queue: Queue) -> None:
    queue.admin.execute(
        "create schema app; create table app.people (id integer);"
        "select importer.register_target('app.people', mode => 'replace');"
        'update public.import_targets set options = \'{"delete_source": true, "dry_run": true}\''
    )
    options = {"inspect": True, "output": True, "force": True, "trim": True}
    job = queue.insert(options=Jsonb(options))
    assert queue.row(job, "options") == {"inspect": True, "trim": True}


def test_default_of_a_target_makes_no_inspection(queue: Queue) -> None:
    queue.admin.execute(
        "create schema app; create table app.people (id integer); select importer.register_target('app.people');"
        "update public.import_targets set options = '{\"inspect\": true}'"
    )
    assert queue.row(queue.insert(), "inspects") is False


def finished(queue: Queue, result: dict[str, object]) -> UUID:
    job = inspection(queue)
    (taken,) = claim(queue, 1)
    arguments = [job, taken["token"], "e1", 100, Jsonb({"delimiter": ","}), Jsonb(result)]
    queue.processor.execute("select importer.finish_inspection(%s, %s, %s, %s, %s, %s)", arguments)
    return job


def test_finish_completes_without_a_row(queue: Queue) -> None:
    job = finished(queue, {"rows": []})
    assert queue.row(job, "status", "rows_read", "bytes_total", "progress") == ("completed", 0, 100, 100)
    assert queue.row(job, "report") == {"inspection": {"rows": []}}
    assert queue.events(job)[-1] == "completed"


def test_finish_needs_the_lease(queue: Queue) -> None:
    job = inspection(queue)
    claim(queue, 1)
    arguments = [job, "00000000-0000-4000-8000-000000000001", "e1", 100, None, Jsonb({})]
    with raises("IJ103"):
        queue.processor.execute("select importer.finish_inspection(%s, %s, %s, %s, %s, %s)", arguments)


def test_samples_are_deleted_after_a_day(queue: Queue) -> None:
    headers = [{"header": "a", "samples": ["secret"]}]
    old, fresh = (finished(queue, {"rows": [{"a": "secret"}], "headers": headers, "problems": []}) for _ in "ab")
    queue.admin.execute("update public.import_jobs set finished_at = now() - interval '25 hours' where id = %s", [old])
    queue.sweep()
    assert queue.row(old, "report") == {"inspection": {"headers": [{"header": "a"}], "problems": []}}
    assert "secret" in str(queue.row(fresh, "report"))
    assert queue.value("select importer.forget_samples()") == 0


def test_session_of_the_uploader_claims_none(queue: Queue) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege), queue.db.connect("import_uploader") as uploader:
        uploader.execute(CLAIM, [1])
