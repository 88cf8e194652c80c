"""Resumable uploads, TUS 1.0, answer as the real server does."""

from __future__ import annotations

import base64
import json

import pytest

from tests.conftest import Database
from tests.integration.resumable_harness import BODY, CHUNK, TUS, append, create, metadata, name, offset
from tests.integration.storage_harness import error_of, make_bucket
from tests.servers import ALICE, BOB, StorageApi


def test_upload_in_chunks_becomes_an_object_at_its_last_byte(storage: tuple[StorageApi, Database]) -> None:
    api, database = storage
    client = api.user()
    extra = json.dumps({"source": "test"})
    created = create(client, name("chunks"), len(BODY), contentType="text/csv", cacheControl="3600", metadata=extra)
    assert (created.status_code, created.headers["tus-resumable"]) == (201, "1.0.0")
    assert created.headers["upload-expires"].endswith("GMT")
    url = created.headers["location"]
    bucket, user, file, version = base64.urlsafe_b64decode(url.rpartition("/")[2] + "==").decode().split("/")
    assert url.startswith(f"{api.url}/upload/resumable/")
    assert (bucket, user, file) == ("files", ALICE, "chunks.csv")

    first = append(client, url, 0, BODY[:CHUNK])
    assert (first.status_code, first.headers["upload-offset"]) == (204, str(CHUNK))
    assert "upload-expires" in first.headers
    assert error_of(client.get(f"/object/files/{name('chunks')}")) == (400, "404", "not_found")

    last = append(client, url, CHUNK, BODY[CHUNK:])
    assert (last.status_code, last.headers["upload-offset"]) == (204, str(len(BODY)))
    assert "upload-expires" not in last.headers
    assert client.get(f"/object/files/{name('chunks')}").content == BODY
    with database.connect() as conn:
        row = conn.execute(
            "select owner_id, version, user_metadata, metadata from storage.objects where name = %s", [name("chunks")]
        ).fetchone()
    assert row
    owner, stored_version, user_metadata, stored = row
    assert (owner, stored_version, user_metadata) == (ALICE, version, {"source": "test"})
    assert (stored["mimetype"], stored["cacheControl"], stored["size"]) == ("text/csv", "max-age=3600", len(BODY))
    assert stored["eTag"].endswith('-2"')


def test_first_bytes_may_come_with_the_creation(api: StorageApi) -> None:
    client = api.user()
    created = create(client, name("with"), 9, body=b"012345")
    assert created.headers["upload-offset"] == "6"
    assert append(client, created.headers["location"], 6, b"678").status_code == 204
    whole = create(client, name("whole"), 3, body=b"abc")
    assert (whole.status_code, whole.headers["upload-offset"]) == (201, "3")
    assert client.get(f"/object/files/{name('with')}").content == b"012345678"
    assert client.get(f"/object/files/{name('whole')}").content == b"abc"


def test_empty_file_is_complete_at_its_creation(api: StorageApi) -> None:
    client = api.user()
    assert create(client, name("empty"), 0).status_code == 201
    assert client.get(f"/object/files/{name('empty')}").content == b""


def test_head_tells_the_offset_also_after_the_end(api: StorageApi) -> None:
    client = api.user()
    url = create(client, name("head"), 4).headers["location"]
    append(client, url, 0, b"ab")
    response = client.head(url, headers=TUS)
    assert (response.status_code, response.headers["cache-control"]) == (200, "no-store")
    assert (response.headers["upload-offset"], response.headers["upload-length"]) == ("2", "4")
    expected = metadata(bucketName="files", objectName=name("head"), cacheControl="no-cache")
    assert response.headers["upload-metadata"] == expected
    append(client, url, 2, b"cd")
    assert offset(client, url) == 4


def test_length_may_be_told_later(api: StorageApi) -> None:
    client = api.user()
    pairs = metadata(bucketName="files", objectName=name("deferred"))
    created = client.post("/upload/resumable", headers={**TUS, "upload-defer-length": "1", "upload-metadata": pairs})
    url = created.headers["location"]
    append(client, url, 0, b"ab")
    assert client.head(url, headers=TUS).headers["upload-defer-length"] == "1"
    assert append(client, url, 2, b"cd", {"upload-length": "4"}).status_code == 204
    assert client.get(f"/object/files/{name('deferred')}").content == b"abcd"


def test_length_may_be_told_after_the_last_byte(api: StorageApi) -> None:
    client = api.user()
    pairs = metadata(bucketName="files", objectName=name("late"))
    headers = {**TUS, "upload-defer-length": "1", "upload-metadata": pairs}
    url = client.post("/upload/resumable", headers=headers).headers["location"]
    append(client, url, 0, b"abcd")
    assert error_of(client.get(f"/object/files/{name('late')}")) == (400, "404", "not_found")
    assert append(client, url, 4, b"", {"upload-length": "4"}).status_code == 204
    assert client.get(f"/object/files/{name('late')}").content == b"abcd"


def test_refused_requests_are_plain_texts(api: StorageApi) -> None:
    client = api.user()
    url = create(client, name("refused"), 4).headers["location"]
    without = client.post("/upload/resumable")
    assert (without.status_code, without.text) == (412, "Tus-Resumable Required\n")
    conflict = append(client, url, 1, b"x")
    assert (conflict.status_code, conflict.text) == (409, "Upload-Offset conflict\n")
    too_much = append(client, url, 0, b"12345")
    assert (too_much.status_code, too_much.text) == (413, "upload's size exceeded\n")
    no_offset = client.patch(url, headers={**TUS, "content-type": "application/offset+octet-stream"}, content=b"x")
    assert (no_offset.status_code, no_offset.text) == (403, "Upload-Offset header required\n")
    other_type = append(client, url, 0, b"x", {"content-type": "text/csv"})
    assert (other_type.status_code, other_type.text) == (400, "Invalid content-type\n")
    bad = client.post("/upload/resumable", headers={**TUS, "upload-length": "1", "upload-metadata": "a b c"})
    assert (bad.status_code, bad.text) == (400, "Invalid upload-metadata\n")
    no_length = client.post("/upload/resumable", headers={**TUS, "upload-metadata": metadata(bucketName="files")})
    assert (no_length.status_code, no_length.text) == (400, "Upload-Length or Upload-Defer-Length header required\n")
    unknown = append(client, f"{url[:-8]}AAAAAAAA", 0, b"x")
    assert (unknown.status_code, unknown.text) == (404, "The file for this url was not found\n")
    assert offset(client, url) == 0


def test_request_without_a_token_is_json(api: StorageApi) -> None:
    response = create(api.client({}), name("nobody"), 1)
    assert error_of(response) == (400, "400", "Error")


def test_policies_are_checked_at_creation_and_at_each_chunk(api: StorageApi) -> None:
    text = "new row violates row-level security policy"
    refused = create(api.user(BOB), name("foreign"), 4)
    assert (refused.status_code, refused.text) == (403, text)
    url = create(api.user(), name("mine"), 4).headers["location"]
    chunk = append(api.user(BOB), url, 0, b"abcd")
    assert (chunk.status_code, chunk.text) == (403, text)
    assert api.user(BOB).delete(url, headers=TUS).status_code == 403
    assert offset(api.user(), url) == 0


def test_existing_object_is_replaced_only_with_upsert(api: StorageApi) -> None:
    client = api.service()
    client.post("/object/files/there.csv", content=b"old")
    duplicate = create(client, "there.csv", 3)
    assert (duplicate.status_code, duplicate.text) == (409, "The resource already exists")
    count = len(api.files())
    upsert = {"x-upsert": "true"}
    url = create(client, "there.csv", 3, headers=upsert).headers["location"]
    assert append(client, url, 0, b"new", upsert).status_code == 204
    assert client.get("/object/files/there.csv").content == b"new"
    assert len(api.files()) == count + 1  # what is known about the upload, until it expires


def test_limits_of_the_bucket(storage: tuple[StorageApi, Database]) -> None:
    api, database = storage
    make_bucket(database.admin_url, "small", limit=10, types=["text/csv"])
    client = api.service()
    large = create(client, "a.csv", 11, bucket="small", contentType="text/csv")
    assert (large.status_code, large.text) == (413, "Maximum size exceeded\n")
    image = create(client, "a.png", 10, bucket="small", contentType="image/png")
    assert (image.status_code, image.text) == (415, "mime type image/png is not supported")
    absent = create(client, "a.csv", 1, bucket="absent")
    assert (absent.status_code, absent.text) == (404, "Bucket not found")
    assert create(client, "a.csv", 10, bucket="small", contentType="text/csv", body=b"0123456789").status_code == 201


def test_signed_url_needs_no_caller(storage: tuple[StorageApi, Database]) -> None:
    api, database = storage
    signature = api.user().post(f"/object/upload/sign/files/{name('signed')}", json={}).json()["token"]
    client = api.client({"x-signature": signature})
    created = create(client, name("signed"), 4, path="/upload/resumable/sign")
    url = created.headers["location"]
    assert url.startswith(f"{api.url}/upload/resumable/sign/")
    assert append(client, url, 0, b"ab").status_code == 204
    assert offset(client, url) == 2
    assert append(client, url, 2, b"cd").status_code == 204
    with database.connect() as conn:
        query = "select owner_id from storage.objects where name = %s"
        assert conn.execute(query, [name("signed")]).fetchone() == (ALICE,)


@pytest.mark.parametrize(
    ("headers", "text"),
    [({}, "Missing x-signature header"), ({"x-signature": "invalid-token"}, "Invalid Compact JWS")],
)
def test_signature_is_checked(api: StorageApi, headers: dict[str, str], text: str) -> None:
    response = create(api.client(headers), name("unsigned"), 4, path="/upload/resumable/sign")
    assert (response.status_code, response.text) == (400, text)


def test_signature_of_another_object_is_refused(api: StorageApi) -> None:
    signature = api.user().post(f"/object/upload/sign/files/{name('one')}", json={}).json()["token"]
    response = create(api.client({"x-signature": signature}), name("two"), 4, path="/upload/resumable/sign")
    assert (response.status_code, response.text) == (400, "The url do not match the signature")


def test_termination_ends_only_unfinished_uploads(api: StorageApi) -> None:
    client = api.user()
    url = create(client, name("ended"), 4, body=b"ab").headers["location"]
    before = len(api.files())
    assert client.delete(url, headers=TUS).status_code == 204
    assert len(api.files()) == before - 2
    assert client.head(url, headers=TUS).status_code == 404
    finished = create(client, name("finished"), 2, body=b"ab").headers["location"]
    # The object exists, and a caller who may not replace it may not end its upload either.
    assert client.delete(finished, headers=TUS).status_code == 409
    response = api.service().delete(finished, headers={**TUS, "x-upsert": "true"})
    assert (response.status_code, response.text) == (400, "Cannot terminate an already completed upload")


def test_options_tells_what_the_server_can(api: StorageApi) -> None:
    response = api.client({}).options("/upload/resumable")
    assert (response.status_code, response.headers["tus-version"]) == (204, "1.0.0")
    expected = "creation,creation-with-upload,creation-defer-length,termination,expiration"
    assert response.headers["tus-extension"] == expected


def test_browsers_may_read_the_headers(api: StorageApi) -> None:
    response = create(api.user(), name("cors"), 1, headers={"origin": "http://localhost:3000"})
    exposed = response.headers["access-control-expose-headers"].lower().split(", ")
    assert {"location", "upload-offset", "upload-length", "upload-expires", "tus-resumable"} <= set(exposed)


def test_location_is_the_address_that_the_client_used(api: StorageApi) -> None:
    forwarded = {"x-forwarded-host": "abc.supabase.co", "x-forwarded-proto": "https", "x-forwarded-port": "443"}
    url = create(api.user(), name("gateway"), 1, headers=forwarded).headers["location"]
    assert url.startswith("https://abc.supabase.co/storage/v1/upload/resumable/")
    forwarded |= {"x-forwarded-port": "8443"}
    url = create(api.user(), name("gateway"), 1, headers=forwarded).headers["location"]
    assert url.startswith("https://abc.supabase.co:8443/")
