"""The confused deputy: the processor's key reads every file, but no job reads a file that its owner may not read."""

from typing import Any
from uuid import UUID, uuid4

import httpx
import jwt
import pytest
from psycopg.types.json import Jsonb

from tests.acceptance.conftest import Stack

DATA = b"id,note\n1,secret\n"
UNTOUCHED = ("bytes_total", "file_etag", "file_sha256", "dialect", "preview", "report", "errors_path", "output_path")


def insert_for(stack: Stack, owner: UUID, path: str, target: str, bucket: str = "imports", **options: object) -> UUID:
    """Insert a job as the service does, on behalf of an owner; return its id."""
    (row,) = stack.sql(
        "insert into public.import_jobs (bucket_id, object_path, target, created_by, options)"
        " values (%s, %s, %s, %s, %s) returning id",
        bucket,
        path,
        target,
        owner,
        Jsonb(options),
    )
    return row["id"]


def assert_never_opened(stack: Stack, job: dict[str, Any], code: str, table: str) -> None:
    """Check that the job failed with this code and that neither the job nor the table has anything of the file."""
    assert (job["status"], job["error_code"], job["attempts"]) == ("failed", code, 1)
    assert [name for name in UNTOUCHED if job[name] is not None] == []
    assert (job["bytes_read"], job["rows_read"]) == (0, 0)
    assert stack.rows(table) == []
    assert stack.rejections(job) == []


@pytest.fixture
def table(stack: Stack) -> str:
    """A target that every signed-in user may write to, so that only access to the file decides."""
    name = stack.table("id integer, note text")
    stack.sql(f"grant insert on public.{name} to authenticated")
    return name


@pytest.mark.parametrize(
    "options", [{}, {"delete_source": True}, {"dry_run": True, "output": True}, {"atomic": True}, {"inspect": True}]
)
def test_file_of_another_tenant_is_not_opened(stack: Stack, table: str, options: dict[str, object]) -> None:
    path = stack.upload(DATA, folder=uuid4())
    job = stack.wait(insert_for(stack, uuid4(), path, table, **options))
    assert_never_opened(stack, job, "IJ602", table)
    assert stack.download(path) == DATA


def test_error_is_the_same_whether_or_not_the_file_exists(stack: Stack, table: str) -> None:
    owner, existing = uuid4(), stack.upload(DATA, folder=uuid4())
    jobs = [stack.wait(insert_for(stack, owner, path, table)) for path in (existing, f"{uuid4()}/nothing.csv")]
    errors = [(job["error_code"], job["error_message"], job["error_hint"]) for job in jobs]
    assert errors[0] == errors[1]
    assert errors[0][0] == "IJ602"


def test_file_of_the_service_is_not_opened_for_a_user(stack: Stack, table: str) -> None:
    job = stack.wait(insert_for(stack, uuid4(), stack.upload(DATA), table))
    assert_never_opened(stack, job, "IJ602", table)


def test_file_in_another_bucket_is_not_opened(stack: Stack, table: str) -> None:
    owner, bucket = uuid4(), f"b-{uuid4().hex[:8]}"
    storage, key = f"{stack.env['SUPABASE_URL']}/storage/v1", {"apikey": stack.env["SUPABASE_SECRET_KEY"]}
    httpx.post(f"{storage}/bucket", headers=key, json={"id": bucket, "name": bucket}).raise_for_status()
    httpx.post(f"{storage}/object/{bucket}/{owner}/a.csv", headers=key, content=DATA).raise_for_status()
    job = stack.wait(insert_for(stack, owner, f"{owner}/a.csv", table, bucket))
    assert_never_opened(stack, job, "IJ602", table)


def test_file_that_the_applications_policies_forbid_is_not_opened(stack: Stack, table: str) -> None:
    """The file is in the owner's folder, but a restrictive policy hides it from the owner."""
    owner = uuid4()
    path = stack.upload(DATA, "locked.csv", folder=owner)
    policy = f"locked {uuid4().hex[:8]}"
    stack.sql(
        f'create policy "{policy}" on storage.objects as restrictive for select to authenticated'
        f" using (name <> '{path}')"
    )
    try:
        job = stack.wait(stack.insert_as(owner, path, table))
        assert_never_opened(stack, job, "IJ201", table)
    finally:
        stack.sql(f'drop policy "{policy}" on storage.objects')
    assert stack.wait(stack.insert_as(owner, path, table))["status"] == "completed"


def test_file_that_an_application_shares_is_opened(stack: Stack, table: str) -> None:
    """The check applies the policies of Storage and does not look at the path alone."""
    owner = uuid4()
    path = stack.upload(DATA, folder=f"team-{uuid4().hex[:8]}")
    policy = f"shared {uuid4().hex[:8]}"
    stack.sql(
        f'create policy "{policy}" on storage.objects for select to authenticated'
        f" using (name = '{path}' and (select auth.uid()) = '{owner}')"
    )
    try:
        assert stack.wait(insert_for(stack, owner, path, table))["status"] == "completed"
        assert stack.wait(insert_for(stack, uuid4(), path, table))["error_code"] == "IJ602"
    finally:
        stack.sql(f'drop policy "{policy}" on storage.objects')


@pytest.mark.parametrize(
    "spelling", ["{0}/%2e%2e/{1}", "{0}/..%2f{1}", "{0}\\..\\{1}", "{0}/x?/../{1}", "{0}/#/../{1}"]
)
def test_path_spelled_differently_does_not_reach_a_file_of_another_tenant(
    stack: Stack, table: str, spelling: str
) -> None:
    """The insert fails, so that such a path never reaches Storage."""
    owner, secret = uuid4(), stack.upload(DATA, folder=uuid4())
    with pytest.raises(Exception, match="path") as caught:
        insert_for(stack, owner, spelling.format(owner, secret), table)
    assert caught.value.sqlstate == "IJ107"


def test_special_characters_of_a_file_name_are_quoted_in_every_url(stack: Stack, table: str) -> None:
    """Characters that begin a query in a URL stay part of the path, for the source and for errors.csv beside it."""
    owner = uuid4()
    storage, key = f"{stack.env['SUPABASE_URL']}/storage/v1", {"apikey": stack.env["SUPABASE_SECRET_KEY"]}
    path = f"{owner}/a b&c=d;e+f@g?x-upsert=true.csv"
    url = f"{storage}/object/imports/{path.replace(' ', '%20').replace('?', '%3F')}"
    httpx.post(url, headers={**key, "content-type": "text/csv"}, content=b"id,note\n1,a\nx,b\n").raise_for_status()
    job = stack.wait(stack.insert_as(owner, path, table))
    assert (job["status"], job["rows_loaded"], job["rows_rejected"]) == ("completed", 1, 1)
    stored = stack.sql("select name from storage.objects where starts_with(name, %s) order by name", f"{owner}/")
    assert {row["name"] for row in stored} == {path, job["errors_path"]}


def test_only_the_owner_of_the_job_can_read_errors_csv(stack: Stack, table: str) -> None:
    owner = uuid4()
    job = stack.run_as(owner, b"id,note\n1,a\nx,b\n", table)
    url = f"{stack.env['SUPABASE_URL']}/storage/v1/object/authenticated/imports/{job['errors_path']}"

    def status_for(user: UUID) -> int:
        claims = {"sub": str(user), "role": "authenticated", "exp": 4_000_000_000}
        token = jwt.encode(claims, stack.env["SUPABASE_JWT_SECRET"], algorithm="HS256")
        headers = {"apikey": stack.env["SUPABASE_PUBLISHABLE_KEY"], "authorization": f"Bearer {token}"}
        return httpx.get(url, headers=headers).status_code

    assert (status_for(owner), status_for(uuid4())) == (200, 400)
    assert httpx.get(url, headers={"apikey": stack.env["SUPABASE_PUBLISHABLE_KEY"]}).status_code == 400
