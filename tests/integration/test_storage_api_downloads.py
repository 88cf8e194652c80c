"""Downloads: who gets which bytes, with which headers."""

from __future__ import annotations

import psycopg
import pytest

from tests.conftest import Database
from tests.integration.storage_harness import error_of, make_bucket
from tests.servers import ALICE, BOB, StorageApi

DATA = bytes(range(256)) * 10_000
NAME = f"{ALICE}/data.csv"


@pytest.fixture(scope="module", autouse=True)
def _data(storage: tuple[StorageApi, Database]) -> None:
    headers = {"content-type": "text/csv", "cache-control": "max-age=60"}
    storage[0].user().post(f"/object/files/{NAME}", content=DATA, headers=headers)


@pytest.mark.parametrize("route", ["/object", "/object/authenticated"])
def test_whole_file_with_its_headers(api: StorageApi, route: str) -> None:
    response = api.user().get(f"{route}/files/{NAME}")
    assert (response.status_code, response.content) == (200, DATA)
    assert response.headers["content-length"] == str(len(DATA))
    assert response.headers["content-type"] == "text/csv"
    assert response.headers["cache-control"] == "max-age=60"
    assert response.headers["accept-ranges"] == "bytes"
    assert response.headers["etag"].startswith('"')
    assert response.headers["last-modified"].endswith("GMT")


@pytest.mark.parametrize(
    ("requested", "start", "stop"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=10-19", 10, 20),
        ("bytes=2559990-", 2_559_990, 2_560_000),
        ("bytes=-5", 2_559_995, 2_560_000),
        ("bytes=2559990-99999999", 2_559_990, 2_560_000),
        ("Bytes=1048570-1048590", 1_048_570, 1_048_591),
    ],
)
def test_range_is_partial_with_the_end_clamped(api: StorageApi, requested: str, start: int, stop: int) -> None:
    response = api.user().get(f"/object/files/{NAME}", headers={"range": requested})
    assert response.status_code == 206
    assert response.content == DATA[start:stop]
    assert response.headers["content-range"] == f"bytes {start}-{stop - 1}/{len(DATA)}"
    assert response.headers["content-length"] == str(stop - start)


@pytest.mark.parametrize("requested", ["bytes=2560000-", "bytes=9-3", "bytes=0-1,5-6", "bytes=-0"])
def test_unsatisfiable_range_has_status_416(api: StorageApi, requested: str) -> None:
    response = api.user().get(f"/object/files/{NAME}", headers={"range": requested})
    assert error_of(response) == (416, "416", "InvalidRange")
    assert "content-range" not in response.headers


@pytest.mark.parametrize("requested", ["lines=1-2", "bytes=a-b", "bytes", "bytes=-"])
def test_malformed_range_is_ignored(api: StorageApi, requested: str) -> None:
    assert api.user().get(f"/object/files/{NAME}", headers={"range": requested}).status_code == 200


def test_if_match_and_if_range_are_ignored(api: StorageApi) -> None:
    headers = {"range": "bytes=0-9", "if-match": '"another"', "if-range": '"another"'}
    assert api.user().get(f"/object/files/{NAME}", headers=headers).status_code == 206


def test_current_copy_is_not_sent_again(api: StorageApi) -> None:
    client = api.user()
    known = client.head(f"/object/files/{NAME}").headers
    for headers in (
        {"if-none-match": known["etag"]},
        {"if-none-match": f'"other", W/{known["etag"]}'},
        {"if-modified-since": known["last-modified"]},
    ):
        response = client.get(f"/object/files/{NAME}", headers=headers)
        assert (response.status_code, response.content) == (304, b"")


@pytest.mark.parametrize(
    "headers",
    [
        {"if-none-match": '"other"'},
        {"if-modified-since": "Sat, 01 Jan 2000 00:00:00 GMT"},
        {"if-modified-since": "yesterday"},
    ],
)
def test_older_copy_is_replaced(api: StorageApi, headers: dict[str, str]) -> None:
    assert api.user().get(f"/object/files/{NAME}", headers=headers).status_code == 200


def test_head_has_the_headers_alone(api: StorageApi) -> None:
    response = api.user().head(f"/object/authenticated/files/{NAME}")
    assert (response.status_code, response.content) == (200, b"")
    assert response.headers["content-length"] == str(len(DATA))


def test_absent_object_is_404_in_the_body_only(api: StorageApi) -> None:
    response = api.user().get(f"/object/files/{ALICE}/absent.csv")
    assert response.status_code == 400
    assert response.json() == {"statusCode": "404", "error": "not_found", "message": "Object not found"}


def test_object_of_another_user_is_not_found(api: StorageApi) -> None:
    for path in (f"/object/files/{NAME}", f"/object/authenticated/files/{NAME}", f"/object/info/files/{NAME}"):
        assert error_of(api.user(BOB).get(path)) == (400, "404", "not_found")


def test_absent_bucket_is_not_found(api: StorageApi) -> None:
    assert error_of(api.user().get("/object/absent/a.csv")) == (400, "404", "Bucket not found")


def test_private_bucket_needs_a_caller(api: StorageApi) -> None:
    unauthenticated = api.client({})
    assert error_of(unauthenticated.get(f"/object/files/{NAME}")) == (400, "403", "Unauthorized")
    assert error_of(unauthenticated.get(f"/object/authenticated/files/{NAME}")) == (400, "400", "Error")
    assert error_of(unauthenticated.get(f"/object/public/files/{NAME}")) == (400, "404", "Bucket not found")


def test_public_bucket_serves_everyone(storage: tuple[StorageApi, Database]) -> None:
    api, database = storage
    make_bucket(database.admin_url, "open", public=True)
    api.service().post("/object/open/a.html", content=b"<b>", headers={"content-type": "text/html"})
    unauthenticated = api.client({})
    response = unauthenticated.get("/object/public/open/a.html", params={"download": "report 1.html"})
    assert response.content == b"<b>"
    assert response.headers["content-type"].startswith("text/plain")
    assert response.headers["content-disposition"].startswith("attachment; filename=report%201.html;")
    assert unauthenticated.get("/object/open/a.html").content == b"<b>"
    assert unauthenticated.get("/object/info/public/open/a.html").json()["size"] == 3
    assert error_of(unauthenticated.get("/object/info/public/files/x.csv")) == (400, "404", "not_found")


def test_version_edited_by_sql_opens_no_other_file(storage: tuple[StorageApi, Database]) -> None:
    """The path of a file depends on the name of its object, so a row cannot refer to the file of another object."""
    api, database = storage
    client = api.service()
    client.post("/object/files/mine.csv", content=b"mine")
    secret = client.get(f"/object/info/files/{NAME}").json()["version"]
    for version in (secret, "../../../../etc/passwd"):
        with psycopg.connect(database.admin_url) as conn:
            conn.execute("update storage.objects set version = %s where name = 'mine.csv'", [version])
        assert error_of(client.get("/object/files/mine.csv")) == (400, "404", "Not found")


def test_info_returns_the_metadata(api: StorageApi) -> None:
    info = api.user().get(f"/object/info/files/{NAME}").json()
    assert (info["name"], info["bucket_id"], info["size"]) == (NAME, "files", len(DATA))
    assert (info["content_type"], info["cache_control"]) == ("text/csv", "max-age=60")
    assert info["etag"] == api.user().head(f"/object/files/{NAME}").headers["etag"]


def test_disconnecting_client_does_not_affect_the_next(api: StorageApi) -> None:
    with api.user().stream("GET", f"/object/files/{NAME}") as response:
        next(response.iter_raw())
    assert api.user().get(f"/object/files/{NAME}").content == DATA
