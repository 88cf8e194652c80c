"""The PyPI package supabase works with the local Storage API."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest
from storage3.exceptions import StorageApiError
from storage3.types import CreateSignedUploadUrlOptions

from supabase import Client, ClientOptions, create_client
from tests.servers import ALICE, BOB, PUBLISHABLE_KEY, SECRET_KEY, StorageApi, token

CSV = b"name\nAda\n"


@pytest.fixture
def client(api: StorageApi) -> Client:
    return create_client(api.origin, SECRET_KEY)


def test_buckets(client: Client) -> None:
    client.storage.create_bucket("pool", options={"public": True, "file_size_limit": 10})
    assert {bucket.id for bucket in client.storage.list_buckets()} == {"files", "pool"}
    client.storage.update_bucket("pool", {"public": False})
    bucket = client.storage.get_bucket("pool")
    assert (bucket.public, bucket.file_size_limit) == (False, 10)
    client.storage.empty_bucket("pool")
    client.storage.delete_bucket("pool")
    with pytest.raises(StorageApiError) as caught:
        client.storage.get_bucket("pool")
    assert (caught.value.status, caught.value.code) == ("404", "Bucket not found")


def test_upload_download_list_remove(client: Client, tmp_path: Path) -> None:
    files = client.storage.from_("files")
    (tmp_path / "a.csv").write_bytes(CSV)
    answer = files.upload("c/a.csv", tmp_path / "a.csv", {"content-type": "text/csv"})
    assert answer.full_path == "files/c/a.csv"
    assert files.download("c/a.csv") == CSV
    assert files.exists("c/a.csv")
    assert not files.exists("c/b.csv")
    assert files.info("c/a.csv")["content_type"] == "text/csv"
    assert [row["name"] for row in files.list("c")] == ["a.csv"]
    files.update("c/a.csv", b"changed", {"content-type": "text/csv"})
    assert files.download("c/a.csv") == b"changed"
    files.copy("c/a.csv", "c/b.csv")
    files.move("c/b.csv", "c/d.csv")
    assert {row["name"] for row in files.remove(["c/a.csv", "c/d.csv"])} == {"c/a.csv", "c/d.csv"}


def test_upload_again_raises_duplicate(client: Client) -> None:
    files = client.storage.from_("files")
    files.upload("dup.csv", CSV)
    with pytest.raises(StorageApiError) as caught:
        files.upload("dup.csv", CSV)
    assert (caught.value.status, caught.value.code) == ("409", "Duplicate")
    files.upload("dup.csv", b"new", {"upsert": "true"})
    assert files.download("dup.csv") == b"new"


def test_signed_urls(client: Client) -> None:
    files = client.storage.from_("files")
    files.upload("s/a b.csv", CSV)
    assert httpx.get(files.create_signed_url("s/a b.csv", 60)["signedUrl"]).content == CSV
    answer = httpx.get(files.create_signed_url("s/a b.csv", 60, {"download": "x.csv"})["signedUrl"])
    assert answer.headers["content-disposition"].startswith("attachment; filename=x.csv")
    first, second = files.create_signed_urls(["s/a b.csv", "s/absent.csv"], 60)
    assert httpx.get(str(first["signedURL"])).content == CSV
    assert second["error"]


def test_signed_upload_urls(client: Client) -> None:
    files = client.storage.from_("files")
    signed = files.create_signed_upload_url("s/up.csv")
    files.upload_to_signed_url("s/up.csv", signed["token"], CSV)
    assert files.download("s/up.csv") == CSV
    again = files.create_signed_upload_url("s/up.csv", CreateSignedUploadUrlOptions(upsert="true"))
    assert httpx.put(again["signed_url"], content=b"new").status_code == 200
    assert files.download("s/up.csv") == b"new"


def test_user_is_held_to_the_policies(api: StorageApi) -> None:
    options = ClientOptions(headers={"Authorization": f"Bearer {token(ALICE)}"})
    files = create_client(api.origin, PUBLISHABLE_KEY, options).storage.from_("files")
    files.upload(f"{ALICE}/a.csv", CSV)
    assert files.download(f"{ALICE}/a.csv") == CSV
    with pytest.raises(StorageApiError) as caught:
        files.upload(f"{BOB}/a.csv", CSV)
    assert (caught.value.status, caught.value.code) == ("403", "Unauthorized")
