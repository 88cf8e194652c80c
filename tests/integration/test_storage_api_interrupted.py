"""Resumable uploads go on after a broken connection, a newer request, a restart or a failed row, until they expire."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import psycopg

from tests.conftest import Database
from tests.integration.resumable_harness import BODY, CHUNK, TUS, append, break_off, create, name, offset
from tests.integration.storage_harness import error_of
from tests.servers import StorageApi, storage_api
from tests.waiting import until

# Fails the insert that finishes an upload, not the one that tries the policies.
FAILING = """
create function storage.fail() returns trigger language plpgsql as $$ begin raise 'no' using errcode = 'XX000'; end $$;
create trigger fail before insert on storage.objects for each row when (new.metadata is not null)
execute function storage.fail();
"""


def test_bytes_of_a_broken_connection_are_kept(api: StorageApi) -> None:
    client = api.user()
    url = create(client, name("broken"), len(BODY)).headers["location"]
    break_off(url, 0, CHUNK, BODY[:100_000]).close()
    until(lambda: offset(client, url) == 100_000, "the bytes of the broken connection")
    assert append(client, url, 100_000, BODY[100_000:]).status_code == 204
    assert client.get(f"/object/files/{name('broken')}").content == BODY


def test_newer_request_ends_the_older(api: StorageApi) -> None:
    client = api.user()
    url = create(client, name("locked"), len(BODY)).headers["location"]
    with break_off(url, 0, CHUNK, BODY[:1000]) as older:
        until(lambda: any(path.stat().st_size == 1000 for path in parts(api)) or offset(client, url) == 1000, "bytes")
        assert older.recv(1 << 16).startswith(b"HTTP/1.1 400")
    assert append(client, url, 1000, BODY[1000:]).status_code == 204
    assert client.get(f"/object/files/{name('locked')}").content == BODY


def test_offset_survives_a_restart(storage: tuple[StorageApi, Database]) -> None:
    database = storage[1]
    with storage_api(database.url("supabase_storage_admin")) as first:
        client = first.user()
        url = create(client, name("restart"), len(BODY)).headers["location"]
        append(client, url, 0, BODY[:CHUNK])
        connection = break_off(url, CHUNK, len(BODY) - CHUNK, BODY[CHUNK : CHUNK + 5000])
        first.process.kill()
        first.process.wait()
        connection.close()
        with storage_api(database.url("supabase_storage_admin"), first.root) as second:
            client = second.user()
            path = f"/upload/resumable/{url.rpartition('/')[2]}"
            assert offset(client, path) == CHUNK
            assert append(client, path, CHUNK, BODY[CHUNK:]).status_code == 204
            assert client.get(f"/object/files/{name('restart')}").content == BODY


def test_expired_upload_is_gone(storage: tuple[StorageApi, Database]) -> None:
    database = storage[1]
    url = database.url("supabase_storage_admin")
    with storage_api(url, STORAGE_UPLOAD_EXPIRY_SECONDS="0.5", STORAGE_FILE_SIZE_LIMIT="100") as api:
        client = api.user()
        upload = create(client, name("expired"), 4).headers["location"]
        until(lambda: client.head(upload, headers=TUS).status_code == 410, "the expiry")
        gone = append(client, upload, 0, b"abcd")
        assert (gone.status_code, gone.text) == (410, "The file for this url no longer exists\n")
        assert client.options("/upload/resumable").headers["tus-max-size"] == "100"
        assert create(client, name("large"), 101).status_code == 413
        assert error_of(client.post(f"/object/files/{name('large')}", content=bytes(101)))[1] == "413"
        create(client, name("next"), 4)
        assert len(parts(api)) == 1


def test_upload_whose_last_answer_was_lost_is_finished(api: StorageApi) -> None:
    client = api.user()
    url = create(client, name("answered"), 4, body=b"abcd").headers["location"]
    version = base64.urlsafe_b64decode(url.rpartition("/")[2] + "==").decode().rpartition("/")[2]
    info = api.root / "resumable" / f"{version}.json"
    # What a server leaves that was killed between the commit of the row and its own record.
    info.write_text(json.dumps(json.loads(info.read_text()) | {"offset": 0, "completing": True, "finished": False}))
    assert offset(client, url) == 4


def parts(api: StorageApi) -> list[Path]:
    return list((api.root / "resumable").glob("*.part"))


def test_row_that_fails_leaves_the_upload_to_be_finished(storage: tuple[StorageApi, Database]) -> None:
    api, database = storage
    client = api.user()
    url = create(client, name("failing"), len(BODY)).headers["location"]
    append(client, url, 0, BODY[:CHUNK])
    with psycopg.connect(database.superuser_url, autocommit=True) as conn:
        conn.execute(FAILING)
        failed = append(client, url, CHUNK, BODY[CHUNK:])
        assert (failed.status_code, failed.text) == (500, "database error, code: XX000")
        assert offset(client, url) == CHUNK
        conn.execute("drop function storage.fail cascade")
    assert append(client, url, CHUNK, BODY[CHUNK:]).status_code == 204
    assert client.get(f"/object/files/{name('failing')}").content == BODY
