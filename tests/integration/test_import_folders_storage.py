"""Import on upload with the Storage API: each way to upload makes exactly one job, whatever it takes."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest

from tests.conftest import Cluster, Database
from tests.integration.resumable_harness import CHUNK, append, create
from tests.servers import ALICE, BOB, StorageApi, storage_api

CSV = b"name\nAna\n"
NAME = f"{ALICE}/inbox/people.csv"
TARGETS = "insert into public.import_folders (path_prefix, target, owner, bucket_id) values (%s, 'people', %s, %s)"
USERS_MAY_CHANGE = """
create policy change on storage.objects for update to authenticated using (bucket_id = 'imports');
"""


@dataclass(frozen=True, slots=True)
class Stack:
    """A Storage API on a migrated database."""

    api: StorageApi
    admin: psycopg.Connection

    def jobs(self) -> list[Any]:
        """Return path and owner of each job."""
        query = "select object_path, created_by::text from public.import_jobs order by created_at, id"
        return self.admin.execute(query).fetchall()


@pytest.fixture(scope="module")
def database(cluster: Cluster) -> Iterator[tuple[StorageApi, Database]]:
    with (
        contextmanager(cluster.clone)("closed") as db,
        storage_api(db.url("supabase_storage_admin")) as api,
    ):
        with db.connect() as admin:
            admin.execute(USERS_MAY_CHANGE)
        yield api, db


@pytest.fixture
def stack(database: tuple[StorageApi, Database]) -> Iterator[Stack]:
    """A folder of Alice, whose id is the owner of files without one."""
    api, db = database
    with db.connect() as admin:
        admin.execute("delete from public.import_jobs; delete from public.import_folders")
        assert api.service().post("/bucket/imports/empty").status_code == 200
        admin.execute(TARGETS, [f"{ALICE}/inbox/", ALICE, "imports"])
        yield Stack(api, admin)


def test_plain_upload(stack: Stack) -> None:
    assert stack.api.user().post(f"/object/imports/{NAME}", content=CSV).status_code == 200
    assert stack.jobs() == [(NAME, ALICE)]


def test_form(stack: Stack) -> None:
    files = {"": ("people.csv", CSV, "text/csv")}
    assert stack.api.user().post(f"/object/imports/{NAME}", files=files).status_code == 200
    assert stack.jobs() == [(NAME, ALICE)]


def test_signed_upload(stack: Stack) -> None:
    signed = stack.api.user().post(f"/object/upload/sign/imports/{NAME}").json()
    assert stack.jobs() == []
    assert stack.api.client({}).put(signed["url"], content=CSV).status_code == 200
    assert stack.jobs() == [(NAME, ALICE)]


def test_resumable_upload_makes_its_job_with_the_last_byte(stack: Stack) -> None:
    user = stack.api.user()
    body = CSV + b"x" * CHUNK
    created = create(user, NAME, len(body), bucket="imports", contentType="text/csv")
    url = created.headers["location"]
    assert append(user, url, 0, body[:CHUNK]).status_code == 204
    assert stack.jobs() == []
    assert append(user, url, CHUNK, body[CHUNK:]).status_code == 204
    assert stack.jobs() == [(NAME, ALICE)]


def test_upload_as_the_dashboard_does(stack: Stack) -> None:
    """Studio uploads with a secret key, so the file has no owner; the folder names one."""
    assert stack.api.service().post(f"/object/imports/{NAME}", content=CSV).status_code == 200
    assert stack.jobs() == [(NAME, ALICE)]


def test_moved_file(stack: Stack) -> None:
    elsewhere = f"{ALICE}/people.csv"
    stack.api.user().post(f"/object/imports/{elsewhere}", content=CSV)
    assert stack.jobs() == []
    move = {"bucketId": "imports", "sourceKey": elsewhere, "destinationKey": NAME}
    assert stack.api.user().post("/object/move", json=move).status_code == 200
    assert stack.jobs() == [(NAME, ALICE)]


def test_copied_file(stack: Stack) -> None:
    elsewhere = f"{ALICE}/people.csv"
    stack.api.user().post(f"/object/imports/{elsewhere}", content=CSV)
    copy = {"bucketId": "imports", "sourceKey": elsewhere, "destinationKey": NAME}
    assert stack.api.user().post("/object/copy", json=copy).status_code == 200
    assert stack.jobs() == [(NAME, ALICE)]


def test_refused_upload(stack: Stack) -> None:
    assert stack.api.user(BOB).post(f"/object/imports/{NAME}", content=CSV).status_code == 400
    stack.api.user().post(f"/object/imports/{NAME}", content=CSV)
    assert stack.api.user().post(f"/object/imports/{NAME}", content=CSV).status_code == 400  # it is there already
    assert stack.jobs() == [(NAME, ALICE)]


def test_abandoned_resumable_upload(stack: Stack) -> None:
    user = stack.api.user()
    url = create(user, NAME, CHUNK + 3, bucket="imports").headers["location"]
    append(user, url, 0, b"x" * CHUNK)
    user.delete(url, headers={"tus-resumable": "1.0.0"})
    assert stack.jobs() == []


def test_upload_goes_through_when_the_job_is_refused(stack: Stack) -> None:
    stack.admin.execute("insert into importer.settings (name, value) values ('max_active_jobs_per_owner', '0')")
    try:
        assert stack.api.user().post(f"/object/imports/{NAME}", content=CSV).status_code == 200
    finally:
        stack.admin.execute("delete from importer.settings")
    assert stack.jobs() == []
    (error,) = stack.admin.execute("select last_error from public.import_folders").fetchone()
    assert "IJ114" in error
    assert stack.api.user().get(f"/object/authenticated/imports/{NAME}").content == CSV
