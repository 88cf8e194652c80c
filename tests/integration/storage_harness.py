"""What the tests of the local Storage API share: policies, buckets, and the errors they expect."""

from __future__ import annotations

import httpx
import psycopg

from tests.conftest import Database
from tests.servers import StorageApi

# Each user owns the folder with the user's id as its name; uploads may not overwrite.
FOLDER_POLICIES = """
create policy own_folder_read on storage.objects for select to authenticated
  using (bucket_id = 'files' and (storage.foldername(name))[1] = (select auth.uid())::text);
create policy own_folder_insert on storage.objects for insert to authenticated
  with check (bucket_id = 'files' and (storage.foldername(name))[1] = (select auth.uid())::text);
"""
DROP_POLICIES = """
do $$
declare
  policy record;
begin
  for policy in select policyname, tablename from pg_catalog.pg_policies where schemaname = 'storage' loop
    execute format('drop policy %I on storage.%I', policy.policyname, policy.tablename);
  end loop;
end
$$
"""


def fill(database: Database) -> None:
    """Create the private bucket `files` and its policies, as the role of the migrations, which is not a superuser."""
    make_bucket(database.admin_url)
    with psycopg.connect(database.admin_url) as conn:
        conn.execute(FOLDER_POLICIES)


def clear(api: StorageApi, database: Database) -> None:
    """Delete all files, buckets and policies."""
    with api.service() as client:
        for bucket in client.get("/bucket").json():
            assert client.post(f"/bucket/{bucket['id']}/empty").status_code == 200
            assert client.delete(f"/bucket/{bucket['id']}").status_code == 200
    with psycopg.connect(database.admin_url) as conn:
        conn.execute(DROP_POLICIES)


def make_bucket(
    admin_url: str,
    name: str = "files",
    *,
    public: bool = False,
    limit: int | None = None,
    types: list[str] | None = None,
) -> None:
    with psycopg.connect(admin_url) as conn:
        conn.execute(
            "insert into storage.buckets (id, name, public, file_size_limit, allowed_mime_types)"
            " values (%s, %s, %s, %s, %s)",
            [name, name, public, limit, types],
        )


def error_of(response: httpx.Response) -> tuple[int, str, str]:
    """Return the HTTP status, the actual status code and the name of an error response."""
    body = response.json()
    assert set(body) == {"statusCode", "error", "message"}
    return response.status_code, body["statusCode"], body["error"]
