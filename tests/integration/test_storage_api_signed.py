"""A signed URL is valid for one object, for one purpose and for a limited time."""

from __future__ import annotations

import time

import httpx
import jwt
import psycopg
import pytest

from tests.conftest import Database
from tests.integration.storage_harness import error_of
from tests.servers import ALICE, BOB, JWT_SECRET, StorageApi

NAME = f"{ALICE}/signed.csv"


@pytest.fixture(scope="module", autouse=True)
def _data(storage: tuple[StorageApi, Database]) -> None:
    storage[0].user().post(f"/object/files/{NAME}", content=b"0123456789")


def sign(client: httpx.Client, name: str, seconds: int = 60) -> httpx.Response:
    return client.post(f"/object/sign/files/{name}", json={"expiresIn": seconds})


def with_token(claims: dict[str, object]) -> dict[str, str]:
    return {"token": jwt.encode(claims, JWT_SECRET, algorithm="HS256")}


def test_signed_url_needs_no_caller(api: StorageApi) -> None:
    path = sign(api.user(), NAME).json()["signedURL"]
    assert path.startswith(f"/object/sign/files/{NAME}?token=")
    response = api.client({}).get(path)
    assert (response.status_code, response.content) == (200, b"0123456789")
    assert "expires" in response.headers
    assert "cache-control" not in response.headers
    partial = api.client({}).get(path, headers={"range": "bytes=2-4"})
    assert (partial.status_code, partial.content) == (206, b"234")
    assert api.client({}).head(path).headers["content-length"] == "10"


def test_signing_checks_the_policies(api: StorageApi) -> None:
    assert error_of(sign(api.user(BOB), NAME)) == (400, "404", "not_found")
    assert error_of(sign(api.anonymous(), NAME)) == (400, "404", "not_found")


def test_signing_without_an_expiry_is_invalid(api: StorageApi) -> None:
    response = api.user().post(f"/object/sign/files/{NAME}", json={})
    assert error_of(response) == (400, "400", "Error")
    assert response.json()["message"] == "body must have required property 'expiresIn'"


def test_signing_many_reports_paths_that_cannot_be_read(api: StorageApi) -> None:
    names = [NAME, f"{ALICE}/absent.csv"]
    good, bad = api.user().post("/object/sign/files", json={"expiresIn": "60", "paths": names}).json()
    assert (good["error"], good["path"]) == (None, NAME)
    assert api.client({}).get(good["signedURL"]).content == b"0123456789"
    assert bad["signedURL"] is None
    assert bad["error"] == "Either the object does not exist or you do not have access to it"


def test_expired_url_is_an_invalid_jwt(api: StorageApi) -> None:
    query = with_token({"url": f"files/{NAME}", "exp": int(time.time()) - 5})
    response = api.client({}).get(f"/object/sign/files/{NAME}", params=query)
    assert error_of(response) == (400, "400", "InvalidJWT")
    assert response.json()["message"] == '"exp" claim timestamp check failed'


def test_bad_token_is_an_invalid_jwt(api: StorageApi) -> None:
    response = api.client({}).get(f"/object/sign/files/{NAME}", params={"token": "x"})
    assert error_of(response) == (400, "400", "InvalidJWT")


def test_missing_token_is_invalid(api: StorageApi) -> None:
    assert error_of(api.client({}).get(f"/object/sign/files/{NAME}")) == (400, "400", "Error")


def test_token_of_another_object_is_invalid(api: StorageApi) -> None:
    query = with_token({"url": f"files/{BOB}/other.csv", "exp": int(time.time()) + 60})
    response = api.client({}).get(f"/object/sign/files/{NAME}", params=query)
    assert error_of(response) == (400, "400", "InvalidSignature")


def test_signed_upload_belongs_to_the_signer(storage: tuple[StorageApi, Database]) -> None:
    api, database = storage
    name = f"{ALICE}/by-url.csv"
    signed = api.user().post(f"/object/upload/sign/files/{name}").json()
    assert signed["url"] == f"/object/upload/sign/files/{name}?token={signed['token']}"
    response = api.client({}).put(signed["url"], content=b"a,b", headers={"content-type": "text/csv"})
    assert (response.status_code, response.json()) == (200, {"Key": f"files/{name}"})
    with psycopg.connect(database.admin_url) as conn:
        query = "select owner_id, metadata->>'size' from storage.objects where name = %s"
        assert conn.execute(query, [name]).fetchone() == (ALICE, "3")
    again = api.client({}).put(signed["url"], content=b"c,d")
    assert error_of(again) == (400, "409", "Duplicate")


def test_signing_an_upload_checks_the_policies(api: StorageApi) -> None:
    response = api.user(BOB).post(f"/object/upload/sign/files/{ALICE}/x.csv")
    assert error_of(response) == (400, "403", "Unauthorized")
    assert error_of(api.user().post(f"/object/upload/sign/files/{NAME}")) == (400, "409", "Duplicate")


def test_signed_upload_with_upsert_replaces(api: StorageApi) -> None:
    client = api.service()
    client.post("/object/files/upsert-by-url.csv", content=b"one")
    path = "/object/upload/sign/files/upsert-by-url.csv"
    url = client.post(path, headers={"x-upsert": "true"}).json()["url"]
    assert api.client({}).put(url, content=b"two").status_code == 200
    assert client.get("/object/files/upsert-by-url.csv").content == b"two"


def test_download_token_cannot_upload_and_upload_token_cannot_download(api: StorageApi) -> None:
    read = sign(api.user(), NAME).json()["signedURL"].split("token=")[1]
    path = f"/object/upload/sign/files/{NAME}"
    assert error_of(api.client({}).put(path, params={"token": read}, content=b"x")) == (
        400,
        "400",
        "InvalidSignature",
    )
    write = api.service().post(path, headers={"x-upsert": "true"}).json()["token"]
    response = api.client({}).get(f"/object/sign/files/{NAME}", params={"token": write})
    assert error_of(response) == (400, "400", "InvalidSignature")
