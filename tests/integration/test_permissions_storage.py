"""Who may do what with files in the bucket of imports: calls of the Storage API, under the policies of the migrations.

A cell is `ok`, the number of entries in a list, or the error of the Storage API: 403 for not permitted, 404 for not
visible to this caller, 409 for an existing object. All calls concern files in the owner's folder unless the line says
otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx
import psycopg
import pytest

from tests.conftest import Cluster, Database
from tests.integration.permissions_harness import parsed
from tests.servers import ALICE, BOB, StorageApi, storage_api

SOURCE = f"{ALICE}/in/people.csv"
ERRORS = f"{ALICE}/in/people.0123abcd.errors.csv"
NEW = f"{ALICE}/in/new.csv"
CALLERS = ("owner", "other", "anon", "service_role")
MATRIX = parsed("""
call                               | owner | other | anon | service_role
put a new file                     | ok    | 403   | 403  | ok
put into the top of the bucket     | 403   | 403   | 403  | ok
put into another bucket            | 403   | 403   | 403  | ok
put over a file                    | 409   | 403   | 403  | 409
put over a file with upsert        | 403   | 403   | 403  | ok
replace a file                     | 403   | 403   | 403  | ok
get the source                     | ok    | 404   | 404  | ok
get errors.csv beside it           | ok    | 404   | 404  | ok
get as public                      | 404   | 404   | 404  | 404
info                               | ok    | 404   | 404  | ok
list the folder                    | 2     | 0     | 0    | 2
list the bucket                    | 1     | 0     | 0    | 1
sign a download                    | ok    | 404   | 404  | ok
sign an upload                     | ok    | 403   | 403  | ok
move a file                        | 404   | 404   | 404  | ok
copy a file                        | ok    | 404   | 404  | ok
copy it into the other's folder    | 403   | 404   | 404  | ok
delete a file                      | 404   | 404   | 404  | ok
delete a list of files             | 0     | 0     | 0    | 1
get the bucket                     | 404   | 404   | 404  | ok
change the bucket                  | 404   | 404   | 404  | ok
empty the bucket                   | 404   | 404   | 404  | ok
delete the bucket                  | 404   | 404   | 404  | 409
create a bucket                    | 403   | 403   | 403  | ok
""")


def put(client: httpx.Client, path: str, bucket: str = "imports", **headers: str) -> httpx.Response:
    return client.post(f"/object/{bucket}/{path}", content=b"a\n1\n", headers={"content-type": "text/csv", **headers})


def to(path: str) -> dict[str, str]:
    return {"bucketId": "imports", "sourceKey": SOURCE, "destinationKey": path}


def listing(client: httpx.Client, prefix: str) -> httpx.Response:
    return client.post("/object/list/imports", json={"prefix": prefix})


CALLS: dict[str, Callable[[httpx.Client], httpx.Response]] = {
    "put a new file": lambda c: put(c, NEW),
    "put into the top of the bucket": lambda c: put(c, "new.csv"),
    "put into another bucket": lambda c: put(c, NEW, bucket="avatars"),
    "put over a file": lambda c: put(c, SOURCE),
    "put over a file with upsert": lambda c: put(c, SOURCE, **{"x-upsert": "true"}),
    "replace a file": lambda c: c.put(f"/object/imports/{SOURCE}", content=b"x", headers={"content-type": "text/csv"}),
    "get the source": lambda c: c.get(f"/object/authenticated/imports/{SOURCE}"),
    "get errors.csv beside it": lambda c: c.get(f"/object/authenticated/imports/{ERRORS}"),
    "get as public": lambda c: c.get(f"/object/public/imports/{SOURCE}"),
    "info": lambda c: c.get(f"/object/info/imports/{SOURCE}"),
    "list the folder": lambda c: listing(c, f"{ALICE}/in"),
    "list the bucket": lambda c: listing(c, ""),
    "sign a download": lambda c: c.post(f"/object/sign/imports/{SOURCE}", json={"expiresIn": 60}),
    "sign an upload": lambda c: c.post(f"/object/upload/sign/imports/{NEW}"),
    "move a file": lambda c: c.post("/object/move", json=to(NEW)),
    "copy a file": lambda c: c.post("/object/copy", json=to(NEW)),
    "copy it into the other's folder": lambda c: c.post("/object/copy", json=to(f"{BOB}/new.csv")),
    "delete a file": lambda c: c.delete(f"/object/imports/{SOURCE}"),
    "delete a list of files": lambda c: c.request("DELETE", "/object/imports", json={"prefixes": [SOURCE]}),
    "get the bucket": lambda c: c.get("/bucket/imports"),
    "change the bucket": lambda c: c.put("/bucket/imports", json={"public": False}),
    "empty the bucket": lambda c: c.post("/bucket/imports/empty"),
    "delete the bucket": lambda c: c.delete("/bucket/imports"),
    "create a bucket": lambda c: c.post("/bucket", json={"id": "mine", "name": "mine"}),
}


@pytest.fixture(scope="module", params=["closed", "open"])
def site(cluster: Cluster, request: pytest.FixtureRequest) -> Iterator[tuple[StorageApi, Database]]:
    with contextmanager(cluster.clone)(request.param) as db:
        with psycopg.connect(db.admin_url) as conn:
            conn.execute("insert into storage.buckets (id, name, public) values ('avatars', 'avatars', false)")
        with storage_api(db.url("supabase_storage_admin")) as api:
            yield api, db


@pytest.fixture(scope="module")
def callers(site: tuple[StorageApi, Database]) -> dict[str, httpx.Client]:
    api, _ = site
    return {"owner": api.user(ALICE), "other": api.user(BOB), "anon": api.anonymous(), "service_role": api.service()}


@pytest.fixture
def fresh(callers: dict[str, httpx.Client]) -> Callable[[], None]:
    """Fill the bucket with the owner's source and its errors.csv only; return a function that does so again."""

    def fill() -> None:
        service = callers["service_role"]
        for bucket in ("imports", "avatars"):
            assert service.post(f"/bucket/{bucket}/empty").status_code == 200
        service.delete("/bucket/mine")
        for path in (SOURCE, ERRORS):
            assert put(service, path).status_code == 200

    fill()
    return fill


def outcome(response: httpx.Response) -> str:
    """Return the outcome of a call in the notation of the matrix."""
    body = response.json() if "json" in response.headers.get("content-type", "") else None
    if response.status_code >= 400:
        return str(body["statusCode"]) if isinstance(body, dict) else str(response.status_code)
    return str(len(body)) if isinstance(body, list) else "ok"


@pytest.mark.parametrize("call", MATRIX)
def test_each_caller_does_exactly_what_the_matrix_says(
    callers: dict[str, httpx.Client], fresh: Callable[[], None], call: str
) -> None:
    outcomes = {}
    for caller in reversed(CALLERS):
        outcomes[caller] = outcome(CALLS[call](callers[caller]))
        if not outcomes[caller].startswith("4"):
            fresh()  # only after success: filling takes five calls, and a call that fails changes nothing
    assert outcomes == MATRIX[call]


def test_matrix_has_every_call() -> None:
    assert list(MATRIX) == list(CALLS)


def test_storage_objects_has_exactly_our_policies(site: tuple[StorageApi, Database]) -> None:
    """An UPDATE or DELETE policy would let users replace a file while a job reads it."""
    with site[1].connect() as conn:
        rows = conn.execute(
            "select cmd, roles::text, permissive from pg_policies where schemaname = 'storage' order by cmd"
        ).fetchall()
    assert rows == [("INSERT", "{authenticated}", "PERMISSIVE"), ("SELECT", "{authenticated}", "PERMISSIVE")]


def test_bucket_of_imports_is_private(site: tuple[StorageApi, Database]) -> None:
    with site[1].connect() as conn:
        assert conn.execute("select public from storage.buckets where id = 'imports'").fetchone() == (False,)


@pytest.mark.parametrize("path", [f"{ALICE}/../{BOB}/x.csv", f"{ALICE}/%2e%2e/{BOB}/x.csv", f"{BOB}/x.csv"])
def test_no_spelling_of_a_path_leads_into_anothers_folder(
    site: tuple[StorageApi, Database], callers: dict[str, httpx.Client], fresh: Callable[[], None], path: str
) -> None:
    put(callers["owner"], path)
    with site[1].connect() as conn:
        selected = conn.execute("select from storage.objects where name like %s", [f"{BOB}/%"])
        assert selected.rowcount == 0


def test_signed_upload_is_good_for_its_own_path_only(
    site: tuple[StorageApi, Database], callers: dict[str, httpx.Client], fresh: Callable[[], None]
) -> None:
    token = callers["owner"].post(f"/object/upload/sign/imports/{NEW}").json()["token"]
    other = callers["anon"].put(f"/object/upload/sign/imports/{BOB}/x.csv?token={token}", content=b"x")
    assert other.json()["error"] == "InvalidSignature"
    with site[1].connect() as conn:
        assert conn.execute("select from storage.objects where name = %s", [f"{BOB}/x.csv"]).rowcount == 0
