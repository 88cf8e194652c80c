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
