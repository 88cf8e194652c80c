"""What grants and policies cannot say in a table: whose a new job is, and what goes when a job goes."""

from collections.abc import Iterator

import pytest

from tests.conftest import Cluster
from tests.integration.permissions_harness import OWNERS_JOB, People, people
from tests.integration.queue_harness import OTHER, OWNER, refused

INSERT = (
    "insert into public.import_jobs (bucket_id, object_path, target) values (%s, %s, 'people') returning created_by"
)


@pytest.fixture(scope="module", params=["closed", "open"])
def everybody(cluster: Cluster, request: pytest.FixtureRequest) -> Iterator[People]:
    yield from people(cluster, request.param)


def test_job_of_a_client_is_its_own(everybody: People) -> None:
    with everybody.acting("owner") as conn:
        assert conn.execute(INSERT, ["imports", f"{OWNER}/b.csv"]).fetchone() == (OWNER,)


def test_service_inserts_for_an_owner(everybody: People) -> None:
    statement = "insert into public.import_jobs (object_path, target, created_by) values ('b', 'people', %s)"
    with everybody.acting("service_role") as conn:
        assert conn.execute(statement, [OTHER]).rowcount == 1


def test_job_of_the_service_is_nobodys(everybody: People) -> None:
    with everybody.acting("service_role") as conn:
        assert conn.execute(INSERT, ["imports", "service/b.csv"]).fetchone() == (None,)


def test_signed_in_user_without_id_inserts_nothing(everybody: People) -> None:
    with everybody.queue.db.connect("authenticated") as conn, refused("42501"):
        conn.execute(INSERT, ["imports", "b.csv"])


@pytest.mark.parametrize(
    ("bucket", "path"), [("imports", f"{OTHER}/file.csv"), ("imports", "service/file.csv"), ("avatars", f"{OWNER}/x")]
)
def test_client_cannot_name_a_file_that_is_not_its_own(everybody: People, bucket: str, path: str) -> None:
    with everybody.acting("owner") as conn, refused("IJ602"):
        conn.execute(INSERT, [bucket, path])


def test_deleting_a_job_deletes_all_that_belongs_to_it(everybody: People) -> None:
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


@pytest.mark.parametrize(
    ("role", "may"), [("anon", False), ("authenticated", False), ("service_role", False), ("import_processor", True)]
)
def test_staging_table_of_a_job_is_for_the_processor_only(everybody: People, role: str, may: bool) -> None:
    """It is made while jobs run, so that no matrix can name it."""
    with everybody.acting("postgres") as conn:
        (token,) = conn.execute("select token from importer.job_leases where job_id = %s", [OWNERS_JOB]).fetchone()
        conn.execute("delete from importer.job_chunks")
        (stage,) = conn.execute("select importer.prepare_stage(%s, %s, '{id,name}')", [OWNERS_JOB, token]).fetchone()
        any_of = "select, insert, update, delete, truncate, references, trigger"
        allowed = conn.execute("select has_table_privilege(%s, %s, %s)", [role, f"importer.{stage}", any_of])
        assert allowed.fetchone() == (may,)
