"""The confused deputy: the processor's key reads every file; no job makes it read one for somebody who may not."""

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
    """Insert a job as the service does, in the name of an owner."""
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
    assert (job["status"], job["error_code"], job["attempts"]) == ("failed", code, 1)
    assert [name for name in UNTOUCHED if job[name] is not None] == []
    assert (job["bytes_read"], job["rows_read"]) == (0, 0)
    assert stack.rows(table) == []
    assert stack.errors(job) == []


@pytest.fixture
def table(stack: Stack) -> str:
    """A target into which every signed-in user may write, so that the file alone decides."""
    name = stack.table("id integer, note text")
    stack.sql(f"grant insert on public.{name} to authenticated")
    return name


@pytest.mark.parametrize("options", [{}, {"delete_source": True}, {"dry_run": True, "output": True}, {"atomic": True}])
def test_file_of_another_tenant_is_not_opened(stack: Stack, table: str, options: dict[str, object]) -> None:
    path = stack.upload(DATA, folder=uuid4())
    job = stack.wait(insert_for(stack, uuid4(), path, table, **options))
    assert_never_opened(stack, job, "IJ602", table)
    assert stack.download(path) == DATA


def test_refusal_does_not_tell_whether_the_file_is_there(stack: Stack, table: str) -> None:
    owner, there = uuid4(), stack.upload(DATA, folder=uuid4())
    told = [stack.wait(insert_for(stack, owner, path, table)) for path in (there, f"{uuid4()}/nothing.csv")]
    assert [(job["error_code"], job["error_message"], job["error_hint"]) for job in told] == 2 * [
        (told[0]["error_code"], told[0]["error_message"], told[0]["error_hint"])
    ]
    assert told[0]["error_code"] == "IJ602"


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
    """In the owner's own folder, but a restrictive policy keeps it from the owner."""
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
    """The check asks the policies, not the path alone."""
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
def test_spelling_of_a_path_does_not_lead_to_anothers_file(stack: Stack, table: str, spelling: str) -> None:
    """Refused at the insert, or not found; in no case read."""
    owner, secret = uuid4(), stack.upload(DATA, folder=uuid4())
    with pytest.raises(Exception, match="path") as refused:
        insert_for(stack, owner, spelling.format(owner, secret), table)
    assert refused.value.sqlstate == "IJ107"


def test_odd_but_legal_name_is_one_name_all_the_way(stack: Stack, table: str) -> None:
    """What a URL would take for a query stays part of the path, for the source and for what is written beside it."""
    owner = uuid4()
    storage, key = f"{stack.env['SUPABASE_URL']}/storage/v1", {"apikey": stack.env["SUPABASE_SECRET_KEY"]}
    path = f"{owner}/a b&c=d;e+f@g?x-upsert=true.csv"
    url = f"{storage}/object/imports/{path.replace(' ', '%20').replace('?', '%3F')}"
    httpx.post(url, headers={**key, "content-type": "text/csv"}, content=b"id,note\n1,a\nx,b\n").raise_for_status()
    job = stack.wait(stack.insert_as(owner, path, table))
    assert (job["status"], job["rows_loaded"], job["rows_rejected"]) == ("completed", 1, 1)
    beside = stack.sql("select name from storage.objects where starts_with(name, %s) order by name", f"{owner}/")
    assert {row["name"] for row in beside} == {path, job["errors_path"]}


def test_errors_csv_is_for_the_jobs_owner_only(stack: Stack, table: str) -> None:
    owner = uuid4()
    job = stack.run_as(owner, b"id,note\n1,a\nx,b\n", table)
    url = f"{stack.env['SUPABASE_URL']}/storage/v1/object/authenticated/imports/{job['errors_path']}"

    def get(user: UUID) -> int:
        claims = {"sub": str(user), "role": "authenticated", "exp": 4_000_000_000}
        token = jwt.encode(claims, stack.env["SUPABASE_JWT_SECRET"], algorithm="HS256")
        headers = {"apikey": stack.env["SUPABASE_PUBLISHABLE_KEY"], "authorization": f"Bearer {token}"}
        return httpx.get(url, headers=headers).status_code

    assert (get(owner), get(uuid4())) == (200, 400)
    assert httpx.get(url, headers={"apikey": stack.env["SUPABASE_PUBLISHABLE_KEY"]}).status_code == 400
