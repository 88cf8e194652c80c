"""Import on upload: which upload makes a job, for whom, and what is left of one that makes none."""

import pytest
from psycopg.types.json import Jsonb

from tests.integration.queue_harness import OTHER, OWNER
from tests.integration.uploads_harness import INSERT_OBJECT, METADATA, OWN, Uploads

INSERT = "insert into public.import_jobs (object_path, target, options) values (%s, 'people', %s) returning id"


def bucket(uploads: Uploads, name: str = "drop") -> str:
    uploads.queue.admin.execute("insert into storage.buckets (id, name, public) values (%s, %s, false)", [name, name])
    return name


def test_finished_upload_makes_one_job_of_its_owner(uploads: Uploads) -> None:
    uploads.folder(options=Jsonb({"trim": True}), target="people")
    uploads.finish(OWN)
    columns = ("object_path", "bucket_id", "target", "options", "created_by", "file_name", "status", "idempotency_key")
    assert uploads.jobs(*columns) == [
        (OWN, "imports", "people", {"trim": True}, OWNER, "people.csv", "pending", None),
    ]
    (claims,) = uploads.queue.admin.execute("select claims from importer.job_identities").fetchone()
    assert claims == {"sub": str(OWNER), "role": "authenticated"}
    assert uploads.error() is None


def test_upload_elsewhere_makes_none(uploads: Uploads) -> None:
    uploads.folder(f"{OWNER}/inbox/")
    for name in (f"{OWNER}/people.csv", f"{OWNER}/inboxes/a.csv", f"{OWNER}/inbox", f"{OTHER}/inbox/a.csv"):
        uploads.finish(name)
    uploads.finish(OWN, bucket=bucket(uploads))
    assert uploads.jobs() == []
    assert uploads.error() is None


def test_unfinished_upload_makes_none_until_it_is_finished(uploads: Uploads) -> None:
    uploads.folder()
    version = uploads.finish(OWN, metadata=None)
    assert uploads.jobs() == []
    uploads.finish(OWN, version=version)
    assert len(uploads.jobs()) == 1


def test_upload_that_is_rolled_back_makes_none(uploads: Uploads) -> None:
    """The server tries the insert as the caller first, and rolls it back."""
    uploads.folder()
    with uploads.queue.user() as user, user.transaction(force_rollback=True):
        user.execute(INSERT_OBJECT, [OWN, str(OWNER), Jsonb(METADATA)])
    assert uploads.jobs() == []


def test_second_event_of_a_version_makes_no_second_job(uploads: Uploads) -> None:
    uploads.folder()
    version = uploads.finish(OWN)
    (job,) = uploads.jobs("id")
    uploads.queue.admin.execute("update public.import_jobs set status = 'cancelled' where id = %s", [job])
    uploads.finish(OWN, version=version)
    uploads.finish(OWN, version=version, metadata=Jsonb(METADATA | {"cacheControl": "no-cache"}))
    with uploads.queue.db.connect("supabase_admin") as superuser:
        superuser.execute("update storage.objects set last_accessed_at = now(), user_metadata = '{}'")
    assert uploads.jobs("id") == [job]


def test_next_version_makes_a_job_of_its_own(uploads: Uploads) -> None:
    uploads.folder()
    uploads.finish(OWN)
    (claim,) = uploads.queue.claim()
    uploads.queue.open(claim)
    uploads.queue.commit(claim)
    uploads.queue.finish(claim, 1)
    uploads.finish(OWN)
    assert len(uploads.jobs()) == 2


def test_next_version_is_left_to_a_job_that_waits(uploads: Uploads) -> None:
    """A job reads the file as it is when it runs, so a second job would load the rows twice."""
    uploads.folder()
    uploads.finish(OWN)
    uploads.finish(OWN)
    assert len(uploads.jobs()) == 1


def test_owner_is_never_a_part_of_the_path(uploads: Uploads) -> None:
    uploads.folder(f"{OTHER}/", owner=OTHER)
    uploads.finish(f"{OTHER}/a.csv", owner=OWNER)
    assert uploads.jobs() == []
    assert uploads.error() == f'{OTHER}/a.csv: the file is not in your folder of the bucket "imports" (IJ602)'


def test_file_without_owner_makes_none(uploads: Uploads) -> None:
    uploads.folder()
    uploads.finish(OWN, owner=None)
    assert uploads.jobs() == []
    assert uploads.error() == f"{OWN}: the file has no owner (IJ119)"


def test_file_without_owner_is_that_of_the_folders_owner(uploads: Uploads) -> None:
    uploads.folder(owner=OWNER)
    uploads.finish(OWN, owner=None)
    assert uploads.jobs("created_by") == [OWNER]


def test_file_without_owner_makes_an_unowned_job_where_an_administrator_allows_it(uploads: Uploads) -> None:
    uploads.folder("nightly/", allow_unowned=True)
    uploads.finish("nightly/a.csv", owner=None)
    assert uploads.jobs("created_by") == [None]
    assert uploads.queue.value("select count(*) from importer.job_identities") == 0


def test_longest_prefix_decides(uploads: Uploads) -> None:
    for prefix, target in (("", "all"), (f"{OWNER}/", "own"), (f"{OWNER}/inbox/", "inbox"), (f"{OWNER}/inbox/x/", "x")):
        uploads.folder(prefix, target=target)
    uploads.finish(OWN)
    uploads.finish("elsewhere.csv")
    assert uploads.jobs("target") == ["inbox", "all"]


def test_shared_folder_and_another_bucket_import_for_the_uploader(uploads: Uploads) -> None:
    name = bucket(uploads)
    uploads.folder("shared/")
    uploads.folder("in/", bucket_id=name)
    uploads.finish("shared/a.csv", owner=OTHER)
    uploads.finish("in/b.csv", owner=OWNER, bucket=name)
    assert uploads.jobs("bucket_id", "object_path", "created_by") == [
        ("imports", "shared/a.csv", OTHER),
        (name, "in/b.csv", OWNER),
    ]
    claims = uploads.queue.admin.execute("select claims ->> 'sub', claims ->> 'role' from importer.job_identities")
    assert set(claims.fetchall()) == {(str(OTHER), "authenticated"), (str(OWNER), "authenticated")}


def test_target_is_checked_for_the_owner(uploads: Uploads) -> None:
    uploads.queue.admin.execute("create schema app; create table app.people (id integer primary key)")
    uploads.queue.admin.execute("select importer.register_target('app.people', 'people')")
    uploads.queue.admin.execute("update public.import_targets set allowed_when = 'claims ->> ''aal'' = ''aal2'''")
    uploads.folder()
    uploads.folder("shared/")
    for name in (OWN, "shared/a.csv"):
        uploads.finish(name)
    assert uploads.jobs() == []
    errors = [error for (error,) in uploads.queue.admin.execute("select last_error from public.import_folders")]
    assert {error.partition(": ")[2] for error in errors} == {"you may not import into this target (IJ601)"}


def test_quota_is_checked_for_the_owner(uploads: Uploads) -> None:
    uploads.queue.admin.execute("insert into importer.settings (name, value) values ('max_active_jobs_per_owner', '1')")
    uploads.folder()
    for name in ("a", "b"):
        uploads.finish(f"{OWNER}/{name}.csv")
    assert uploads.jobs() == [f"{OWNER}/a.csv"]
    assert uploads.error() == f"{OWNER}/b.csv: too many jobs or bytes of one owner are pending or running (IJ114)"


def test_owner_that_is_no_uuid_leaves_a_line(uploads: Uploads) -> None:
    """Tokens of other issuers may name any subject; only Storage's older column is a uuid."""
    uploads.folder()
    with uploads.queue.db.connect("service_role") as storage:
        storage.execute(
            "insert into storage.objects (bucket_id, name, owner_id, version, metadata)"
            " values ('imports', %s, 'user_2x', '1', %s)",
            [OWN, Jsonb(METADATA)],
        )
    assert (uploads.jobs(), uploads.error()) == ([], f"{OWN}: SQLSTATE 22P02")


def test_user_cannot_name_another_owner_with_sql(uploads: Uploads) -> None:
    uploads.folder()
    with uploads.queue.user() as user:
        user.execute(INSERT_OBJECT, [OWN, str(OTHER), Jsonb(METADATA)])
    assert uploads.jobs() == []
    assert "(IJ119)" in (uploads.error() or "")


def test_artifacts_make_none_and_a_corrected_one_makes_one(uploads: Uploads) -> None:
    uploads.folder(owner=OWNER)
    job = uploads.queue.insert(created_by=OWNER, object_path="elsewhere.csv")
    for kind in ("errors", "output"):
        uploads.finish(f"{OWNER}/people.{job.hex[:8]}.{kind}.csv", owner=None)
    assert uploads.jobs("id") == [job]
    uploads.finish(f"{OWNER}/people.{job.hex[:8]}.errors.csv", owner=OWNER)
    uploads.finish(f"{OWNER}/people.00000000.errors.csv", owner=None)
    assert len(uploads.jobs()) == 3


@pytest.mark.parametrize("options", [{}, {"inspect": True}, {"dry_run": True}], ids=str)
def test_job_by_hand_before_the_upload(uploads: Uploads, options: dict[str, object]) -> None:
    """A job that really imports the file takes the place of the folder's; a look at it does not."""
    uploads.folder()
    with uploads.queue.user() as user:
        by_hand = user.execute(INSERT, [OWN, Jsonb(options)]).fetchone()[0]
    uploads.finish(OWN)
    assert (by_hand in uploads.jobs("id"), len(uploads.jobs())) == (True, 1 if not options else 2)


@pytest.mark.parametrize("options", [{}, {"inspect": True}, {"dry_run": True}], ids=str)
def test_job_by_hand_after_the_upload(uploads: Uploads, options: dict[str, object]) -> None:
    uploads.folder()
    uploads.finish(OWN)
    with uploads.queue.user() as user:
        by_hand = user.execute(INSERT, [OWN, Jsonb(options)]).fetchone()[0]
    assert (by_hand in uploads.jobs("id"), len(uploads.jobs())) == (True, 1 if not options else 2)


def test_job_by_hand_is_inserted_while_the_folders_job_runs(uploads: Uploads) -> None:
    uploads.folder()
    uploads.finish(OWN)
    uploads.queue.claim()
    with uploads.queue.user() as user:
        user.execute(INSERT, [OWN, Jsonb({})])
    assert uploads.jobs("status") == ["running", "pending"]


def test_job_of_another_owner_does_not_take_the_place(uploads: Uploads) -> None:
    uploads.folder()
    uploads.finish(OWN)
    (job,) = uploads.jobs("id")
    uploads.queue.insert(object_path=OWN, created_by=OTHER)
    assert job in uploads.jobs("id")


def test_move_into_a_folder_is_an_upload_without_owner(uploads: Uploads) -> None:
    uploads.folder(f"{OWNER}/inbox/", owner=OWNER)
    uploads.finish(f"{OWNER}/a.csv")
    assert uploads.jobs() == []
    with uploads.queue.db.connect("service_role") as storage:
        storage.execute("update storage.objects set name = %s, version = 'moved', owner = null, owner_id = null", [OWN])
    assert uploads.jobs("object_path", "created_by") == [(OWN, OWNER)]
