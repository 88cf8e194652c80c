"""No name in the path or body of a request makes the server fail, or creates an object that no path can name."""

from __future__ import annotations

import http.client
import json
from urllib.parse import urlsplit

import psycopg
import pytest

from tests.conftest import Database
from tests.integration.storage_harness import make_bucket
from tests.servers import SECRET_KEY, StorageApi

NO_TEXT = ["%00", "a%00b", "%00.csv", "%ED%A0%80"]
DOTS = ["..", ".", "a/../b", "a/..", "../a", "a/./b", "./a", "%2e%2e", "a/%2E%2e/b", "%2e", "a%2f..%2fb"]
GETS = ["object", "object/authenticated", "object/public", "object/info", "object/info/public", "object/sign"]


def status(api: StorageApi, method: str, path: str, body: object = None) -> int:
    """Send a request with exactly this path, which a client would normalise; return the status of the response."""
    parts = urlsplit(api.url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=30)
    raw = body if isinstance(body, bytes) else json.dumps(body).encode() if body is not None else None
    content_type = "text/csv" if isinstance(body, bytes) else "application/json"
    connection.request(
        method, f"{parts.path}/{path}", body=raw, headers={"apikey": SECRET_KEY, "content-type": content_type}
    )
    response = connection.getresponse()
    response.read()
    connection.close()
    return response.status


def objects(database: Database) -> set[str]:
    with psycopg.connect(database.admin_url) as conn:
        return {name for (name,) in conn.execute("select name from storage.objects").fetchall()}


@pytest.mark.parametrize("name", NO_TEXT)
@pytest.mark.parametrize("place", ["bucket", "name"])
def test_path_that_is_no_text_is_the_clients_mistake(
    storage: tuple[StorageApi, Database], name: str, place: str
) -> None:
    api, _ = storage
    where = f"{name}/a.csv" if place == "bucket" else f"files/{name}"
    requests = [
        *(("GET", f"{route}/{where}?token=x", None) for route in GETS),
        ("POST", f"object/{where}", b"a\n1\n"),
        ("PUT", f"object/{where}", b"a\n1\n"),
        ("DELETE", f"object/{where}", None),
        ("POST", f"object/sign/{where}", {"expiresIn": 60}),
        ("POST", f"object/upload/sign/{where}", {}),
        *((method, f"bucket/{name}", {}) for method in ("GET", "PUT", "DELETE")),
        ("POST", f"bucket/{name}/empty", {}),
        ("POST", f"object/list/{name}", {"prefix": ""}),
    ]
    answers = {(method, path): status(api, method, path, body) for method, path, body in requests}
    assert {request: code for request, code in answers.items() if not 200 <= code < 500} == {}
    assert {code for (method, _), code in answers.items() if method == "POST"} <= {400, 200}


@pytest.mark.parametrize("text", ["a\0b", "\0", "\ud800", "a\udfff"])
def test_body_that_is_no_text_is_the_clients_mistake(storage: tuple[StorageApi, Database], text: str) -> None:
    api, _ = storage
    requests = [
        ("POST", "bucket", {"name": text}),
        ("POST", "bucket", {"name": "b", "id": text}),
        ("POST", "object/list/files", {"prefix": text}),
        ("POST", "object/list/files", {"prefix": "", "search": text}),
        ("POST", "object/list/files", {"prefix": "", "sortBy": {"column": text, "order": "asc"}}),
        ("POST", "object/list/files", {"prefix": "", "limit": 10**30}),
        ("POST", "object/move", {"bucketId": "files", "sourceKey": text, "destinationKey": "b"}),
        ("POST", "object/move", {"bucketId": text, "sourceKey": "a", "destinationKey": "b"}),
        ("POST", "object/copy", {"bucketId": "files", "sourceKey": "a", "destinationKey": text}),
        ("POST", "object/copy", {"bucketId": "files", "sourceKey": text, "destinationKey": "b"}),
        ("POST", "object/sign/files", {"expiresIn": 60, "paths": [text]}),
        ("DELETE", "object/files", {"prefixes": [text]}),
    ]
    answers = {json.dumps(body): status(api, method, path, body) for method, path, body in requests}
    assert {body: code for body, code in answers.items() if not 200 <= code < 500} == {}


@pytest.mark.parametrize("name", DOTS)
def test_no_object_gets_a_segment_of_dots(storage: tuple[StorageApi, Database], name: str) -> None:
    api, database = storage
    assert status(api, "PUT", "object/files/source.csv", b"a\n1\n") == 200
    before = objects(database)
    plain = name.replace("%2e", ".").replace("%2E", ".").replace("%2f", "/")
    requests = [
        ("POST", f"object/files/{name}", b"a\n1\n"),
        ("PUT", f"object/files/{name}", b"a\n1\n"),
        ("POST", f"object/upload/sign/files/{name}", {}),
        ("POST", "object/copy", {"bucketId": "files", "sourceKey": "source.csv", "destinationKey": plain}),
        ("POST", "object/move", {"bucketId": "files", "sourceKey": "source.csv", "destinationKey": plain}),
    ]
    assert [status(api, method, path, body) for method, path, body in requests] == [400] * len(requests)
    assert objects(database) == before


@pytest.mark.parametrize("name", ["a..b", "..a", "a..", "...", "a/.../b", ".hidden"])
def test_dots_within_a_segment_are_a_name(storage: tuple[StorageApi, Database], name: str) -> None:
    api, database = storage
    assert status(api, "PUT", f"object/files/{name}", b"a\n1\n") == 200
    assert name in objects(database)


@pytest.mark.parametrize("name", ["..", "."])
def test_no_bucket_is_named_by_dots(storage: tuple[StorageApi, Database], name: str) -> None:
    assert status(storage[0], "POST", "bucket", {"name": name}) == 400


def test_bucket_with_other_dots_is_created(storage: tuple[StorageApi, Database]) -> None:
    make_bucket(storage[1].admin_url, "a.b")
    assert status(storage[0], "GET", "bucket/a.b") == 200
