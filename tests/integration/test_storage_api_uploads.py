"""Uploads: a row and a file exist only after the last byte, and only if policies and limits allow them."""

from __future__ import annotations

import base64
import hashlib
import json
import socket
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from tests.conftest import Database
from tests.integration.storage_harness import error_of, make_bucket
from tests.servers import ALICE, BOB, SECRET_KEY, StorageApi
from tests.waiting import until

CSV = b"name,age\nAda,36\n"


@pytest.fixture
def admin(storage: tuple[StorageApi, Database]) -> Iterator[psycopg.Connection]:
    with psycopg.connect(storage[1].admin_url, autocommit=True) as conn:
        yield conn


def row_of(admin: psycopg.Connection, name: str) -> Any:
    query = "select metadata, owner_id, user_metadata, owner::text from storage.objects where name = %s"
    return admin.execute(query, [name]).fetchone()


def test_raw_body_becomes_a_row_and_a_file(api: StorageApi, admin: psycopg.Connection) -> None:
    name = f"{ALICE}/raw.csv"
    headers = {"content-type": "text/csv", "cache-control": "max-age=9"}
    response = api.user().post(f"/object/files/{name}", content=CSV, headers=headers)
    assert response.status_code == 200
    assert response.json()["Key"] == f"files/{name}"
    metadata, owner_id, _, owner = row_of(admin, name)
    assert (owner_id, owner) == (ALICE, ALICE)
    assert metadata["eTag"] == f'"{hashlib.md5(CSV, usedforsecurity=False).hexdigest()}"'
    assert (metadata["size"], metadata["contentLength"], metadata["mimetype"]) == (len(CSV), len(CSV), "text/csv")
    assert metadata["cacheControl"] == "max-age=9"
    assert api.user().get(f"/object/files/{name}").content == CSV


def test_form_becomes_a_row_and_a_file(api: StorageApi, admin: psycopg.Connection) -> None:
    name = f"{ALICE}/form.csv"
    response = api.user().post(
        f"/object/files/{name}",
        data={"cacheControl": "3600", "metadata": json.dumps({"from": "test"})},
        files={"": ("form.csv", CSV, "text/csv")},  # the nameless field that supabase-js sends
    )
    assert response.status_code == 200
    metadata, _, user_metadata, _ = row_of(admin, name)
    assert (metadata["mimetype"], metadata["size"]) == ("text/csv", len(CSV))
    assert metadata["cacheControl"] == "max-age=3600"
    assert user_metadata == {"from": "test"}
    assert api.user().get(f"/object/files/{name}").content == CSV


def test_form_keeps_bytes_that_look_like_a_boundary(api: StorageApi) -> None:
    data = b"\r\n--not-the-boundary\r\n\r\n" * 100_000
    files = {"file": ("x.csv", data, "text/csv")}
    api.service().post("/object/files/boundary.csv", files=files)
    assert api.service().get("/object/files/boundary.csv").content == data


def test_metadata_of_a_raw_body_comes_in_a_header(api: StorageApi, admin: psycopg.Connection) -> None:
    encoded = base64.b64encode(b'{"k": 1}').decode()
    api.service().post("/object/files/header.csv", content=CSV, headers={"x-metadata": encoded})
    assert row_of(admin, "header.csv")[2] == {"k": 1}


def test_empty_file_is_a_file(api: StorageApi) -> None:
    assert api.service().post("/object/files/empty.csv", content=b"").status_code == 200
    response = api.service().get("/object/files/empty.csv")
    assert (response.status_code, response.content) == (200, b"")


def test_second_upload_is_a_duplicate(api: StorageApi) -> None:
    client = api.service()
    client.post("/object/files/twice.csv", content=b"one")
    assert error_of(client.post("/object/files/twice.csv", content=b"two")) == (400, "409", "Duplicate")
    assert client.get("/object/files/twice.csv").content == b"one"


def test_upsert_replaces_row_and_file(api: StorageApi) -> None:
    client = api.service()
    client.post("/object/files/upsert.csv", content=b"one")
    before = len(api.files())
    first = client.get("/object/info/files/upsert.csv").json()
    response = client.post("/object/files/upsert.csv", content=b"two!", headers={"x-upsert": "true"})
    assert response.json()["Id"] == first["id"]
    assert client.get("/object/files/upsert.csv").content == b"two!"
    assert client.get("/object/info/files/upsert.csv").json()["version"] != first["version"]
    assert len(api.files()) == before


def test_put_replaces(api: StorageApi) -> None:
    client = api.service()
    client.post("/object/files/put.csv", content=b"one")
    assert client.put("/object/files/put.csv", content=b"two").status_code == 200
    assert client.get("/object/files/put.csv").content == b"two"


def test_upload_into_the_folder_of_another_user_is_denied(api: StorageApi) -> None:
    before = api.files()
    response = api.user(ALICE).post(f"/object/files/{BOB}/a.csv", content=CSV)
    assert error_of(response) == (400, "403", "Unauthorized")
    assert response.json()["message"] == "new row violates row-level security policy"
    assert api.files() == before


def test_absent_bucket_is_not_found(api: StorageApi) -> None:
    assert error_of(api.service().post("/object/absent/a.csv", content=CSV)) == (400, "404", "Bucket not found")


@pytest.mark.parametrize("name", ["ação.csv", "a%23b.csv", "tab%09.csv", "a%5Cb.csv", "x" * 1025])
def test_key_outside_the_safe_characters_is_invalid(api: StorageApi, name: str) -> None:
    assert error_of(api.service().post(f"/object/files/{name}", content=CSV)) == (400, "400", "InvalidKey")


def test_key_cannot_leave_the_directory(api: StorageApi) -> None:
    outside = api.root.parent / "escaped.csv"
    response = api.service().post("/object/files/%2E%2E/%2E%2E/%2E%2E/escaped.csv", content=CSV)
    assert error_of(response) == (400, "400", "InvalidKey")
    assert not outside.exists()


@pytest.mark.parametrize("announced", [True, False])
def test_upload_over_the_size_limit_leaves_nothing(
    storage: tuple[StorageApi, Database], admin: psycopg.Connection, announced: bool
) -> None:
    api, database = storage
    bucket = f"small-{announced}".lower()
    make_bucket(database.admin_url, bucket, limit=1_000_000)
    before = api.files()
    data = b"x" * 1_000_001
    content = data if announced else iter([data[:500_000], data[500_000:]])
    response = api.service().post(f"/object/{bucket}/a.csv", content=content)
    assert error_of(response) == (400, "413", "Payload too large")
    assert api.files() == before
    assert row_of(admin, "a.csv") is None


def test_size_limit_counts_the_file_not_the_form(storage: tuple[StorageApi, Database]) -> None:
    api, database = storage
    make_bucket(database.admin_url, "exact", limit=1_000_000)
    client = api.service()
    fits = {"file": ("a.csv", b"x" * 1_000_000, "text/csv")}
    larger = {"file": ("b.csv", b"x" * 1_000_001, "text/csv")}
    assert client.post("/object/exact/a.csv", files=fits).status_code == 200
    assert error_of(client.post("/object/exact/b.csv", files=larger)) == (400, "413", "Payload too large")


def test_mime_type_is_compared_verbatim(storage: tuple[StorageApi, Database]) -> None:
    api, database = storage
    make_bucket(database.admin_url, "typed", types=["text/csv"])
    client = api.service()

    def upload(name: str, kind: str) -> Any:
        return client.post(f"/object/typed/{name}", content=CSV, headers={"content-type": kind})

    assert upload("a.csv", "text/csv").status_code == 200
    response = upload("b.csv", "text/csv; charset=utf-8")
    assert error_of(response) == (400, "415", "invalid_mime_type")
    assert response.json()["message"] == "mime type text/csv; charset=utf-8 is not supported"
    form = client.post("/object/typed/c.csv", files={"file": ("c.csv", CSV, "image/png")})
    assert error_of(form) == (400, "415", "invalid_mime_type")


def test_body_is_read_to_its_end_after_an_error(storage: tuple[StorageApi, Database]) -> None:
    """A client that is still sending must receive the response, not a broken pipe."""
    api, database = storage
    make_bucket(database.admin_url, "picky", types=["text/csv"])
    port = int(api.origin.rsplit(":", 1)[1])
    head = (
        f"POST /storage/v1/object/picky/a.png HTTP/1.1\r\nhost: x\r\napikey: {SECRET_KEY}\r\n"
        "content-type: image/png\r\ncontent-length: 20000000\r\nconnection: close\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", port), timeout=10) as client:
        client.sendall(head.encode() + b"x" * 20_000_000)
        answer = b"".join(iter(lambda: client.recv(65536), b""))
    assert b'"error":"invalid_mime_type"' in answer


@pytest.mark.parametrize(
    "head",
    [
        "content-type: text/csv\r\ncontent-length: 1000000\r\n\r\n",
        "content-type: multipart/form-data; boundary=b\r\ncontent-length: 1000000\r\n\r\n"
        '--b\r\ncontent-disposition: form-data; name=""; filename="a.csv"\r\n\r\n',
        "content-type: text/csv\r\ntransfer-encoding: chunked\r\n\r\nffff\r\n",
    ],
    ids=["raw", "form", "chunked"],
)
def test_truncated_upload_leaves_nothing(api: StorageApi, admin: psycopg.Connection, head: str) -> None:
    before = api.files()
    port = int(api.origin.rsplit(":", 1)[1])
    with socket.create_connection(("127.0.0.1", port)) as client:
        start = f"POST /storage/v1/object/files/cut.csv HTTP/1.1\r\nhost: x\r\napikey: {SECRET_KEY}\r\n"
        client.sendall((start + head).encode() + b"y" * 50_000)
        until(lambda: len(api.files()) == len(before) + 1)
    until(lambda: api.files() == before)
    assert row_of(admin, "cut.csv") is None


def test_form_without_its_end_is_invalid(api: StorageApi) -> None:
    before = api.files()
    body = b'--b\r\ncontent-disposition: form-data; name=""; filename="a.csv"\r\n\r\nx,y\r\n'
    headers = {"content-type": "multipart/form-data; boundary=b"}
    response = api.service().post("/object/files/endless.csv", content=body, headers=headers)
    assert error_of(response) == (400, "400", "InvalidRequest")
    assert api.files() == before


def test_form_without_a_file_is_invalid(api: StorageApi) -> None:
    body = b'--b\r\ncontent-disposition: form-data; name="cacheControl"\r\n\r\n60\r\n--b--\r\n'
    headers = {"content-type": "multipart/form-data; boundary=b"}
    response = api.service().post("/object/files/nofile.csv", content=body, headers=headers)
    assert error_of(response) == (400, "400", "InvalidRequest")


@pytest.fixture
def fired(admin: psycopg.Connection) -> Iterator[None]:
    """A trigger on storage.objects that records its calls in public.fired."""
    admin.execute("""
        create table public.fired (name text, operation text, metadata jsonb);
        create function public.note() returns trigger language plpgsql security definer as $$
        begin
          insert into public.fired values (new.name, tg_op, new.metadata);
          return null;
        end $$;
        create trigger noted after insert or update on storage.objects
        for each row execute function public.note();
    """)
    yield
    admin.execute("drop function public.note cascade")
    admin.execute("drop table public.fired")


@pytest.mark.usefixtures("fired")
def test_trigger_fires_once_for_a_finished_upload(api: StorageApi, admin: psycopg.Connection) -> None:
    client = api.service()
    client.post("/object/files/fired.csv", content=CSV)
    client.post("/object/files/fired.csv", content=CSV)
    client.put("/object/files/fired.csv", content=CSV * 2)
    client.post("/object/move", json={"bucketId": "files", "sourceKey": "fired.csv", "destinationKey": "moved.csv"})
    query = "select name, operation, (metadata->>'size')::int from public.fired"
    assert admin.execute(query).fetchall() == [
        ("fired.csv", "INSERT", len(CSV)),
        ("fired.csv", "UPDATE", len(CSV) * 2),
        ("moved.csv", "UPDATE", len(CSV) * 2),
    ]


@pytest.mark.parametrize("form", [False, True])
def test_memory_stays_bounded_for_a_large_upload(api: StorageApi, form: bool) -> None:
    size, block = 300_000_000, b"0123456789abcde\n" * 62_500

    def blocks() -> Iterator[bytes]:
        yield from (block for _ in range(size // len(block)))

    def framed() -> Iterator[bytes]:
        yield b'--b\r\ncontent-disposition: form-data; name="file"; filename="a.csv"\r\n\r\n'
        yield from blocks()
        yield b"\r\n--b--\r\n"

    headers = {"content-type": "multipart/form-data; boundary=b" if form else "text/csv"}
    content = framed() if form else blocks()
    response = api.service().put("/object/files/large.csv", content=content, headers=headers)
    assert response.status_code == 200
    assert api.service().get("/object/info/files/large.csv").json()["size"] == size
    with api.service().stream("GET", "/object/files/large.csv") as download:
        assert sum(map(len, download.iter_raw())) == size
    assert api.peak_memory() < 150_000_000
