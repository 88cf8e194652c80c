"""Attacks by users of the Data API on what clients get in SQL: supervision, inspections, folders and undos."""

import pytest
from psycopg.types.json import Jsonb

from tests.integration.queue_harness import OTHER, OWNER, Queue, raises
from tests.integration.test_supervisors import CLAIMS, CONDITION, set_condition
from tests.integration.undo_harness import NOTES, loaded
from tests.integration.uploads_harness import Uploads, clear

INSPECT = Jsonb({"inspect": True})
INSERT = "insert into public.import_jobs (object_path, target, options, run_after) values (%s, 'people', %s, %s)"


@pytest.mark.parametrize("left_out", ["dry_run", "atomic", "max_errors", "mapping"])
def test_supervisor_takes_no_option_from_anothers_job(queue: Queue, left_out: str) -> None:
    """A null removes an option; without dry_run the retry would import what its owner only wanted to try."""
    set_condition(queue, CONDITION)
    options = {"dry_run": True, "atomic": True, "max_errors": 0, "mapping": {"a": "id"}}
    job = queue.job_that_is("failed", created_by=OWNER, options=Jsonb(options))
    with queue.db.connect("authenticated", CLAIMS) as supervisor, raises("IJ102"):
        supervisor.execute("select public.retry_import_job(%s, %s)", [job, Jsonb({left_out: None})])
    assert queue.row(job, "status", "options") == ("failed", options)


LIMIT = "insert into importer.settings (name, value) values ('max_inspections_per_owner', '1')"
TIME_GOES_BY = "update public.import_jobs set created_at = created_at - interval '2 minutes'"


def test_inspections_that_wait_for_one_moment_are_limited(queue: Queue) -> None:
    """The limit by the minute alone lets an owner collect a queue for later, behind which all others would wait."""
    queue.admin.execute(LIMIT)
    with queue.user() as user:
        for _ in range(10):
            user.execute(INSERT, [f"{OWNER}/a.csv", INSPECT, "2099-01-01"])
            queue.admin.execute(TIME_GOES_BY)
        with raises("IJ118"):
            user.execute(INSERT, [f"{OWNER}/a.csv", INSPECT, "2099-01-01"])
    with queue.user(OTHER) as other:
        other.execute(INSERT, [f"{OTHER}/a.csv", INSPECT, "2020-01-01"])


def test_inspections_that_are_retried_together_are_limited(queue: Queue) -> None:
    queue.admin.execute(LIMIT)
    for _ in range(11):
        queue.job_that_is("cancelled", created_by=OWNER, options=INSPECT)
        queue.admin.execute(TIME_GOES_BY)
    with queue.user() as user, raises("IJ118"):
        user.execute("update public.import_jobs set status = 'pending'")


def test_inspections_of_some_owners_do_not_hide_those_of_others(queue: Queue) -> None:
    """A claim looks at 2,000 inspections at most, and four owners may have more than a thousand that wait."""
    queue.admin.execute("insert into importer.settings (name, value) values ('max_inspections_per_owner', '1000')")
    queue.admin.execute(
        "insert into public.import_jobs (object_path, target, options, created_by)"
        " select 'a/b', 'people', %s, ('00000000-0000-4000-8000-' || lpad((n %% 4)::text, 12, '0'))::uuid"
        " from generate_series(1, 2100) as n",
        [INSPECT],
    )
    theirs = queue.insert(created_by=OWNER, options=INSPECT)
    claimed = [row[0]["id"] for row in queue.processor.execute("select importer.claim_inspections('test', 5)")]
    assert str(theirs) in claimed


def test_undo_is_not_asked_for_without_end(queue: Queue) -> None:
    """Each request reads the whole table, also that of an owner who may not delete a row."""
    queue.admin.execute(NOTES)
    queue.admin.execute("select importer.register_target('app.notes', undo_days => 2)")
    job = loaded(queue, "a", created_by=OWNER)
    with queue.user() as user:
        for _ in range(5):
            user.execute("select public.undo_import_job(%s)", [job])
            (request,) = queue.processor.execute("select importer.claim_undos(1)").fetchone()
            queue.processor.execute("select importer.fail_undo(%s, %s, 'IJ603', 'm', 'h')", [job, request["token"]])
        with raises("IJ116"):
            user.execute("select public.undo_import_job(%s)", [job])


def test_undos_of_one_owner_do_not_go_before_those_of_others(queue: Queue) -> None:
    queue.admin.execute(NOTES)
    queue.admin.execute("select importer.register_target('app.notes', undo_days => 2)")
    queue.admin.execute("delete from importer.undo_requests")
    jobs = [loaded(queue, f"{number}", created_by=OWNER) for number in range(3)]
    other = loaded(queue, "theirs", created_by=OTHER)
    with queue.user() as user:
        user.execute("update public.import_jobs set undo_requested_at = now()")
    with queue.user(OTHER) as user:
        user.execute("select public.undo_import_job(%s)", [other])
    order = [queue.processor.execute("select importer.claim_undos(1) ->> 'id'").fetchone()[0] for _ in range(4)]
    assert order[1] == str(other)
    assert {*order} == {str(job) for job in (*jobs, other)}


@pytest.mark.parametrize("prefix", [f"{OWNER}/", "shared/"])
def test_upload_does_not_hide_that_its_owner_is_anonymous(queue: Queue, prefix: str) -> None:
    """The owner's claims are not known in Storage's transaction, but a condition may ask for this one."""
    clear(queue)
    uploads = Uploads(queue)
    queue.admin.execute("create schema app; create table app.people (id integer)")
    queue.admin.execute("select importer.register_target('app.people')")
    uploads.folder(prefix)
    with queue.db.connect("supabase_admin") as auth:
        auth.execute("delete from auth.users")
        auth.execute("insert into auth.users (id, is_anonymous) values (%s, true), (%s, false)", [OWNER, OTHER])
    uploads.finish(f"{prefix}a.csv")
    claims = {"sub": str(OWNER), "role": "authenticated", "is_anonymous": True}
    assert queue.value("select claims from importer.job_identities") == claims
    queue.admin.execute("delete from public.import_jobs")
    condition = "claims ->> 'is_anonymous' is distinct from 'true'"
    queue.admin.execute("update public.import_targets set allowed_when = %s", [condition])
    uploads.finish(f"{prefix}a.csv")
    assert (uploads.jobs(), uploads.error()) == ([], f"{prefix}a.csv: you may not import into this target (IJ601)")
    if prefix == "shared/":
        uploads.finish(f"{prefix}b.csv", owner=OTHER)
        assert uploads.jobs("created_by") == [OTHER]


# What the database writes into a job, an inspection or an undo, and into folders and mappings.
FORGED = {
    "first_job_id": "gen_random_uuid()",
    "error_params": "'{}'",
    "undone_at": "now()",
    "undo_requested_at": "now()",
    "undo_error_code": "null",
    "undo_error_message": "'x'",
    "undo_error_hint": "'x'",
}


@pytest.mark.parametrize("column", FORGED)
def test_client_writes_no_result_into_a_job(queue: Queue, column: str) -> None:
    """Only the request to undo may be updated, and that is decided by a trigger."""
    queue.insert(created_by=OWNER)
    statement = (
        f"insert into public.import_jobs (object_path, target, {column}) values (%s, 'people', {FORGED[column]})"
    )
    with queue.user() as user, raises("42501"):
        user.execute(statement, [f"{OWNER}/a.csv"])
    with queue.user() as user, raises("IJ112" if column == "undo_requested_at" else "42501"):
        user.execute(f"update public.import_jobs set {column} = {FORGED[column]}")


@pytest.mark.parametrize("table", ["import_mappings", "import_job_errors", "import_job_events", "import_targets"])
@pytest.mark.parametrize("statement", ["insert into public.{} default values", "truncate public.{}"])
def test_client_writes_no_other_table(queue: Queue, table: str, statement: str) -> None:
    with queue.user() as user, raises("42501"):
        user.execute(statement.format(table))


def test_retried_inspection_deletes_and_writes_nothing(queue: Queue) -> None:
    job = queue.job_that_is("cancelled", created_by=OWNER, options=INSPECT)
    smuggled = {"delete_source": True, "output": True, "force": True, "atomic": True, "dry_run": True, "trim": True}
    with queue.user() as user:
        user.execute("select public.retry_import_job(%s, %s)", [job, Jsonb(smuggled)])
    assert queue.row(job, "options", "inspects") == ({"inspect": True, "trim": True}, True)


def test_folder_is_seen_and_taken_by_its_owner_only(queue: Queue) -> None:
    """Not by a supervisor either, and not by way of the same path in other letters."""
    clear(queue)
    set_condition(queue, CONDITION)
    uploads = Uploads(queue)
    uploads.folder(f"{OWNER}/", owner=OWNER, last_error="a path")
    for claims in ({"sub": str(OTHER)}, CLAIMS):
        with queue.db.connect("authenticated", claims) as user:
            for statement in ("update public.import_folders set target = 'x'", "delete from public.import_folders"):
                assert user.execute(statement).rowcount == 0
            assert user.execute("select count(*) from public.import_folders").fetchone() == (0,)
    uploads.finish(f"{str(OWNER).upper()}/a.csv")
    assert uploads.jobs() == []


def test_supervisor_neither_undoes_nor_mends_for_others(queue: Queue) -> None:
    queue.admin.execute(NOTES)
    queue.admin.execute("select importer.register_target('app.notes', undo_days => 2)")
    set_condition(queue, CONDITION)
    job = loaded(queue, "a", created_by=OWNER)
    with queue.db.connect("authenticated", CLAIMS) as supervisor:
        with raises("IJ112"):
            supervisor.execute("select public.undo_import_job(%s)", [job])
        with raises("IJ108"):
            supervisor.execute(
                "insert into public.import_jobs (object_path, target, parent_job_id) values (%s, 'notes', %s)",
                [f"{CLAIMS['sub']}/a.csv", job],
            )


def test_estimate_of_a_slow_owner_is_no_error(queue: Queue) -> None:
    queue.admin.execute("create schema app; create table app.people (id integer)")
    queue.admin.execute("select importer.register_target('app.people')")
    job = queue.job_that_is("completed", created_by=OWNER)
    slow = "bytes_read = 1000000, started_at = finished_at - interval '10 days'"
    queue.admin.execute(f"update public.import_jobs set {slow} where id = %s", [job])
    with queue.user() as user:
        row = user.execute(
            "select estimated_seconds from public.check_planned_import('people', 99999999999)"
        ).fetchone()
    assert row == (2147483647,)


def test_role_of_a_project_may_not_examine_the_installation(queue: Queue) -> None:
    queue.admin.execute("create role editor in role authenticated; grant editor to authenticator")
    try:
        with queue.user() as conn:
            conn.execute("reset role; set role editor")
            with raises("IJ601"):
                conn.execute("select from public.import_doctor()")
    finally:
        queue.admin.execute("drop role editor")
