"""Objects are listed, moved, copied and deleted, and only by the API."""

from __future__ import annotations

import httpx
import psycopg
import pytest

from tests.conftest import Database
from tests.integration.storage_harness import error_of, make_bucket
from tests.servers import ALICE, BOB, StorageApi

DELETE_OWN = """
create policy own_folder_delete on storage.objects for delete to authenticated
  using (bucket_id = 'files' and (storage.foldername(name))[1] = (select auth.uid())::text);
"""


def put(client: httpx.Client, *names: str, bucket: str = "files") -> None:
    for name in names:
        assert client.put(f"/object/{bucket}/{name}", content=name.encode()).status_code == 200


def listed(client: httpx.Client, bucket: str, **body: object) -> list[tuple[str, bool]]:
    rows = client.post(f"/object/list/{bucket}", json={"prefix": "", **body}).json()
    return [(row["name"], row["id"] is None) for row in rows]


def test_list_shows_one_level(storage: tuple[StorageApi, Database]) -> None:
    api, database = storage
    make_bucket(database.admin_url, "listed")
    client = api.service()
    put(client, "b.csv", "a/x.csv", "a/y/z.csv", "C.csv", bucket="listed")
    assert listed(client, "listed") == [("a", True), ("b.csv", False), ("C.csv", False)]
    assert listed(client, "listed", prefix="a") == [("x.csv", False), ("y", True)]
    assert listed(client, "listed", limit=1, offset=1) == [("b.csv", False)]
    assert listed(client, "listed", search="c") == [("C.csv", False)]
    descending = {"column": "name", "order": "desc"}
    assert listed(client, "listed", sortBy=descending) == [("C.csv", False), ("b.csv", False), ("a", True)]
    by_time = {"column": "created_at", "order": "asc"}
    assert listed(client, "listed", sortBy=by_time) == [("a", True), ("b.csv", False), ("C.csv", False)]


def test_list_returns_only_objects_that_the_caller_may_see(api: StorageApi) -> None:
    put(api.service(), f"{ALICE}/seen.csv", f"{BOB}/unseen.csv")
    assert listed(api.user(), "files") == [(ALICE, True)]
    assert listed(api.anonymous(), "files") == []


def test_list_row_has_the_metadata(api: StorageApi) -> None:
    put(api.service(), "meta/one.csv")
    (row,) = api.service().post("/object/list/files", json={"prefix": "meta/"}).json()
    assert row["metadata"]["size"] == len("meta/one.csv")
    assert row["created_at"].endswith("Z")


def test_delete_many_returns_the_deleted_rows(api: StorageApi) -> None:
    client = api.service()
    put(client, "d1.csv", "d2.csv")
    before = len(api.files())
    response = client.request("DELETE", "/object/files", json={"prefixes": ["d1.csv", "d2.csv", "absent.csv"]})
    assert sorted(row["name"] for row in response.json()) == ["d1.csv", "d2.csv"]
    assert len(api.files()) == before - 2
    assert error_of(client.get("/object/files/d1.csv")) == (400, "404", "not_found")


def test_delete_one(api: StorageApi) -> None:
    client = api.service()
    put(client, "d3.csv")
    assert client.delete("/object/files/d3.csv").json() == {"message": "Successfully deleted"}
    assert error_of(client.delete("/object/files/d3.csv")) == (400, "404", "not_found")


def test_delete_needs_a_policy(storage: tuple[StorageApi, Database]) -> None:
    api, database = storage
    name = f"{ALICE}/mine.csv"
    put(api.service(), name, f"{BOB}/his.csv")
    user = api.user()
    assert user.request("DELETE", "/object/files", json={"prefixes": [name]}).json() == []
    with psycopg.connect(database.admin_url) as conn:
        conn.execute(DELETE_OWN)
    gone = user.request("DELETE", "/object/files", json={"prefixes": [name, f"{BOB}/his.csv"]}).json()
    assert [row["name"] for row in gone] == [name]
    assert api.service().get(f"/object/files/{BOB}/his.csv").status_code == 200


@pytest.mark.parametrize("table", ["objects", "buckets"])
def test_delete_by_sql_is_an_error(storage: tuple[StorageApi, Database], table: str) -> None:
    statement = {"objects": "delete from storage.objects", "buckets": "delete from storage.buckets"}
    with psycopg.connect(storage[1].admin_url) as conn, pytest.raises(psycopg.errors.InsufficientPrivilege) as caught:
        conn.execute(statement[table])  # type: ignore[call-overload]
    assert caught.value.sqlstate == "42501"


def test_move_keeps_id_and_bytes(api: StorageApi) -> None:
    client = api.service()
    put(client, "from.csv")
    before = client.get("/object/info/files/from.csv").json()
    count = len(api.files())
    body = {"bucketId": "files", "sourceKey": "from.csv", "destinationKey": "to/there.csv"}
    moved = client.post("/object/move", json=body).json()
    assert moved == {"message": "Successfully moved", "Id": before["id"], "Key": "to/there.csv"}
    assert client.get("/object/files/to/there.csv").content == b"from.csv"
    assert error_of(client.get("/object/files/from.csv")) == (400, "404", "not_found")
    assert len(api.files()) == count


def test_move_gives_the_object_to_who_moves_it(storage: tuple[StorageApi, Database]) -> None:
    api, database = storage
    api.user().post(f"/object/files/{ALICE}/owned.csv", content=b"1")
    with psycopg.connect(database.admin_url) as conn:
        query = "select owner::text, owner_id from storage.objects where name = %s"
        assert conn.execute(query, [f"{ALICE}/owned.csv"]).fetchone() == (ALICE, ALICE)
        body = {"bucketId": "files", "sourceKey": f"{ALICE}/owned.csv", "destinationKey": "nobodys.csv"}
        assert api.service().post("/object/move", json=body).status_code == 200
        # An API key has no user, so the object has no owner any more.
        assert conn.execute(query, ["nobodys.csv"]).fetchone() == (None, None)


def test_move_onto_another_is_a_duplicate(api: StorageApi) -> None:
    client = api.service()
    put(client, "m1.csv", "m2.csv")
    body = {"bucketId": "files", "sourceKey": "m1.csv", "destinationKey": "m2.csv"}
    assert error_of(client.post("/object/move", json=body)) == (400, "409", "Duplicate")
    assert client.get("/object/files/m1.csv").content == b"m1.csv"


def test_move_needs_the_right_to_change(api: StorageApi) -> None:
    put(api.service(), f"{ALICE}/fixed.csv")
    body = {"bucketId": "files", "sourceKey": f"{ALICE}/fixed.csv", "destinationKey": f"{ALICE}/moved.csv"}
    assert error_of(api.user().post("/object/move", json=body)) == (400, "404", "not_found")
    assert api.user().get(f"/object/files/{ALICE}/fixed.csv").status_code == 200


def test_copy_is_independent(api: StorageApi) -> None:
    client = api.service()
    put(client, "original.csv")
    body = {"bucketId": "files", "sourceKey": "original.csv", "destinationKey": "copy.csv"}
    assert client.post("/object/copy", json=body).json()["Key"] == "files/copy.csv"
    client.put("/object/files/original.csv", content=b"changed")
    client.delete("/object/files/original.csv")
    assert client.get("/object/files/copy.csv").content == b"original.csv"


def test_copy_needs_the_right_to_read_and_to_insert(api: StorageApi) -> None:
    put(api.service(), f"{ALICE}/secret.csv", f"{BOB}/own.csv")
    body = {"bucketId": "files", "sourceKey": f"{ALICE}/secret.csv", "destinationKey": f"{BOB}/x.csv"}
    assert error_of(api.user(BOB).post("/object/copy", json=body)) == (400, "404", "not_found")
    body = {"bucketId": "files", "sourceKey": f"{BOB}/own.csv", "destinationKey": f"{ALICE}/x.csv"}
    assert error_of(api.user(BOB).post("/object/copy", json=body)) == (400, "403", "Unauthorized")


def test_operation_is_visible_to_policies(storage: tuple[StorageApi, Database]) -> None:
    api, database = storage
    make_bucket(database.admin_url, "listonly")
    put(api.service(), "a.csv", bucket="listonly")
    with psycopg.connect(database.admin_url) as conn:
        conn.execute("""
            create policy listing on storage.objects for select to anon
              using (bucket_id = 'listonly' and storage.operation() = 'storage.object.list')
        """)
    assert listed(api.anonymous(), "listonly") == [("a.csv", False)]
    assert error_of(api.anonymous().get("/object/listonly/a.csv")) == (400, "404", "not_found")
