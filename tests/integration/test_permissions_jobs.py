"""Permissions that no matrix can show: the owner of a new job, and what is deleted together with a job."""

from collections.abc import Iterator

import pytest

from tests.conftest import Cluster
from tests.integration.permissions_harness import OWNERS_FILE, OWNERS_JOB, People, people
from tests.integration.queue_harness import OTHER, OWNER, raises

INSERT = (
    "insert into public.import_jobs (bucket_id, object_path, target) values (%s, %s, 'people') returning created_by"
)


@pytest.fixture(scope="module", params=["closed", "open"])
def everybody(cluster: Cluster, request: pytest.FixtureRequest) -> Iterator[People]:
    yield from people(cluster, request.param)


def test_client_becomes_the_owner_of_its_job(everybody: People) -> None:
    with everybody.acting("owner") as conn:
        assert conn.execute(INSERT, ["imports", f"{OWNER}/b.csv"]).fetchone() == (OWNER,)


def test_service_inserts_for_an_owner(everybody: People) -> None:
    statement = "insert into public.import_jobs (object_path, target, created_by) values ('b', 'people', %s)"
    with everybody.acting("service_role") as conn:
        assert conn.execute(statement, [OTHER]).rowcount == 1


def test_job_of_the_service_has_no_owner(everybody: People) -> None:
    with everybody.acting("service_role") as conn:
        assert conn.execute(INSERT, ["imports", "service/b.csv"]).fetchone() == (None,)


def test_signed_in_user_without_id_inserts_nothing(everybody: People) -> None:
    with everybody.queue.db.connect("authenticated") as conn, raises("42501"):
        conn.execute(INSERT, ["imports", "b.csv"])


@pytest.mark.parametrize(
    ("bucket", "path"), [("imports", f"{OTHER}/file.csv"), ("imports", "service/file.csv"), ("avatars", f"{OWNER}/x")]
)
def test_client_cannot_name_a_file_that_is_not_its_own(everybody: People, bucket: str, path: str) -> None:
    with everybody.acting("owner") as conn, raises("IJ602"):
        conn.execute(INSERT, [bucket, path])


def test_deletion_of_a_job_deletes_its_rows_in_all_tables(everybody: People) -> None:
    with everybody.acting("postgres") as conn:
        conn.execute("delete from public.import_jobs where id = %s", [OWNERS_JOB])
        left = {
            name: conn.execute(f"select count(*) from {name} where job_id = %s", [OWNERS_JOB]).fetchone()
            for (name,) in conn.execute(
                "select attrelid::regclass::text from pg_attribute inner join pg_class on oid = attrelid"
                " where attname = 'job_id' and relkind = 'r'"
            ).fetchall()
        }
    assert set(left.values()) == {(0,)}
    assert len(left) >= 6


@pytest.mark.parametrize("role", ["anon", "authenticated", "service_role"])
def test_no_client_may_use_the_tables_of_a_job(everybody: People, role: str) -> None:
    """These tables are created while jobs run, so no matrix can list them."""
    with everybody.acting("postgres") as conn:
        (token,) = conn.execute("select token from importer.job_leases where job_id = %s", [OWNERS_JOB]).fetchone()
        conn.execute("delete from importer.job_chunks")
        conn.execute("select importer.prepare_staging_table(%s, %s, '{id,name}')", [OWNERS_JOB, token])
        conn.execute("select importer.prepare_key_table(%s, %s, '{id}')", [OWNERS_JOB, token])
        conn.execute("update public.import_targets set mode = 'replace', run_as = 'processor'")
        conn.execute("select importer.keep_replaced_rows(%s, %s)", [OWNERS_JOB, token])
        made = conn.execute(
            "select c.relname, c.oid from pg_class as c where c.relnamespace = 'importer'::regnamespace"
            " and c.relkind in ('r', 'S') and c.relname ~ '[0-9a-f]{32}'"
        ).fetchall()
        assert {name.partition("_")[0] for name, _ in made} == {"staging", "keys", "replaced"}
        any_of = "select, insert, update, delete, truncate, references, trigger"
        for name, oid in made:
            if "_seq" in name:
                assert conn.execute("select has_sequence_privilege(%s, %s, 'usage')", [role, oid]).fetchone() == (
                    False,
                )
                continue
            assert conn.execute("select has_table_privilege(%s, %s, %s)", [role, oid, any_of]).fetchone() == (False,)
            mine = conn.execute("select has_table_privilege('import_processor', %s, 'select')", [oid]).fetchone()
            assert mine == (not name.startswith("replaced"),)


@pytest.mark.parametrize("path", [OWNERS_FILE, f"{OTHER}/shared.csv", "team/shared.csv"])
def test_job_of_a_user_deletes_below_the_users_folder_only(everybody: People, path: str) -> None:
    """The processor's key can delete every file, and not every file that the owner may read belongs to the owner."""
    with everybody.acting("postgres") as conn:
        conn.execute("alter table public.import_jobs disable trigger user")
        (job,) = conn.execute(
            "insert into public.import_jobs (object_path, target, created_by, status, finished_at, options)"
            " values (%s, 'people', %s, 'completed', now(), '{\"delete_source\": true}') returning id",
            [path, OWNER],
        ).fetchone()
        rows = conn.execute("select job_id from importer.sources_to_delete()").fetchall()
    assert rows == ([(job,)] if path == OWNERS_FILE else [])


def test_retry_by_the_owner_takes_the_claims_of_that_moment(everybody: People) -> None:
    """A retry must not restore a right that the owner has lost since the insert."""
    queue = everybody.queue
    stored = "select claims ->> 'aal' from importer.job_identities where job_id = %s"
    with queue.db.connect("authenticated", {"sub": str(OWNER), "aal": "aal2"}) as conn:
        statement = "insert into public.import_jobs (object_path, target) values (%s, 'people') returning id"
        (job,) = conn.execute(statement, [OWNERS_FILE]).fetchone()
    assert queue.value(stored, job) == "aal2"
    with queue.db.connect("authenticated", {"sub": str(OWNER), "aal": "aal1"}) as conn:
        conn.execute("select public.cancel_import_job(%s), public.retry_import_job(%s)", [job, job])
    assert queue.value(stored, job) == "aal1"
    queue.admin.execute("delete from public.import_jobs where id = %s", [job])
