"""Buckets are created, read, changed, emptied and deleted."""

from __future__ import annotations

from tests.integration.storage_harness import error_of
from tests.servers import StorageApi


def test_create_get_update_delete(api: StorageApi) -> None:
    client = api.service()
    made = client.post("/bucket", json={"name": "b1", "file_size_limit": "2MB", "allowed_mime_types": ["text/csv"]})
    assert (made.status_code, made.json()) == (200, {"name": "b1"})
    bucket = client.get("/bucket/b1").json()
    assert (bucket["public"], bucket["file_size_limit"], bucket["owner"]) == (False, 2_000_000, "")
    assert bucket["allowed_mime_types"] == ["text/csv"]
    assert client.put("/bucket/b1", json={"public": True}).json() == {"message": "Successfully updated"}
    changed = client.get("/bucket/b1").json()
    assert (changed["public"], changed["file_size_limit"]) == (True, 2_000_000)
    assert client.request("DELETE", "/bucket/b1", json={}).json() == {"message": "Successfully deleted"}
    assert error_of(client.get("/bucket/b1")) == (400, "404", "Bucket not found")


def test_create_twice_is_a_duplicate(api: StorageApi) -> None:
    assert error_of(api.service().post("/bucket", json={"name": "files"})) == (400, "409", "Duplicate")


def test_create_without_a_name_is_invalid(api: StorageApi) -> None:
    assert error_of(api.service().post("/bucket", json={})) == (400, "400", "Error")


def test_create_with_a_slash_is_invalid(api: StorageApi) -> None:
    assert error_of(api.service().post("/bucket", json={"name": "a/b"})) == (400, "400", "Invalid Input")


def test_create_by_a_user_needs_a_policy(api: StorageApi) -> None:
    response = api.user().post("/bucket", json={"name": "mine"})
    assert error_of(response) == (400, "403", "Unauthorized")
    assert response.json()["message"] == "new row violates row-level security policy"


def test_update_of_nothing_is_not_found(api: StorageApi) -> None:
    assert error_of(api.service().put("/bucket/absent", json={"public": True})) == (400, "404", "Bucket not found")


def test_empty_then_delete(api: StorageApi) -> None:
    client = api.service()
    client.post("/bucket", json={"name": "b2"})
    client.post("/object/b2/a/one.csv", content=b"1")
    client.post("/object/b2/two.csv", content=b"2")
    assert error_of(client.delete("/bucket/b2")) == (400, "409", "ResourceNotEmpty")
    before = len(api.files())
    emptied = client.post("/bucket/b2/empty", json={}).json()
    assert emptied == {"message": "Empty bucket has been queued. Completion may take up to an hour."}
    assert len(api.files()) == before - 2
    assert client.delete("/bucket/b2").status_code == 200
