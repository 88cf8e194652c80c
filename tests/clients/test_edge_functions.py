"""The Edge Function import-jobs, for clients that know HTTP and JSON only, whichever server has the Data API."""

from __future__ import annotations

import base64
import hashlib
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import httpx
import jwt

from tests.clients.client_stack import ClientStack
from tests.clients.edge_caller import Caller, check_refused
from tests.servers import NO_CERTIFICATES


def test_file_is_imported(either: Caller) -> None:
    created = either.create(file_name="Kunden März.csv").json()
    assert created["path"] == f"{either.user.id}/{created['id']}/kunden-marz.csv"
    assert (created["bucket_id"], created["target"], created["content_type"]) == ("imports", "people", "text/csv")
    assert created["estimated_seconds"] == 2
    either.upload(created)
    digest = hashlib.sha256(either.content).hexdigest()
    fields = {"id": created["id"], "target": "people", "file_name": "Kunden März.csv", "file_hash": digest}
    processed = either.post("process", **fields)
    assert processed.status_code == 201
    assert processed.json()["file_name"] == "Kunden März.csv"
    job = either.ended(created["id"])
    assert (job["status"], job["rows_loaded"], job["progress"]) == ("completed", 1, 100)


def test_nothing_is_written_before_process(caller: Caller, client_stack: ClientStack) -> None:
    created = caller.reserve()
    assert client_stack.sql("select from public.import_jobs where created_by = %s", caller.user.id) == []
    check_refused(caller.post("status", id=created["id"]), 404, "IJ108")


def test_token_lives_as_long_as_it_says(caller: Caller) -> None:
    created = caller.create().json()
    claims = jwt.decode(created["token"], options={"verify_signature": False})
    expires_at = datetime.fromisoformat(created["expires_at"])
    assert expires_at == datetime.fromtimestamp(claims["exp"], UTC)
    assert timedelta(minutes=115) < expires_at - datetime.now(UTC) < timedelta(minutes=125)
    assert created["signed_url"].startswith(f"{caller.url}/storage/v1/object/upload/sign/imports/{caller.user.id}/")


def test_resumable_upload_takes_the_same_token(caller: Caller, client_stack: ClientStack) -> None:
    created = caller.create().json()
    names = {"bucketName": "imports", "objectName": created["path"], "contentType": "text/csv"}
    metadata = ",".join(f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in names.items())
    length = str(len(caller.content))
    headers = {"tus-resumable": "1.0.0", "upload-length": length, "upload-metadata": metadata}
    resumable = created["resumable"]
    begun = httpx.post(resumable["endpoint"], headers={**headers, **resumable["headers"]}, verify=NO_CERTIFICATES)
    assert begun.status_code == 201, begun.text
    patch = {"tus-resumable": "1.0.0", "upload-offset": "0", "content-type": "application/offset+octet-stream"}
    sent = httpx.patch(
        begun.headers["location"],
        content=caller.content,
        headers={**patch, **resumable["headers"]},
        verify=NO_CERTIFICATES,
    )
    assert sent.status_code == 204, sent.text
    caller.post("process", id=created["id"], target="people")
    assert caller.ended(created["id"])["status"] == "completed"
    (row,) = client_stack.sql("select owner_id from storage.objects where name = %s", created["path"])
    assert row["owner_id"] == caller.user.id


def test_second_process_returns_the_first_job(either: Caller) -> None:
    created = either.reserve()
    first, second = (either.post("process", id=created["id"], target="people") for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json()["created_at"] == second.json()["created_at"]
    check_refused(either.post("process", id=created["id"], target="public.people"), 409, "IJ115")


def test_calls_at_the_same_moment_make_one_job(caller: Caller) -> None:
    created = caller.reserve()
    with ThreadPoolExecutor(8) as pool:
        calls = [pool.submit(caller.post, "process", id=created["id"], target="people") for _ in range(8)]
    assert sorted(call.result().status_code for call in calls) == [200] * 7 + [201]


def test_job_that_has_ended_cannot_be_cancelled(caller: Caller) -> None:
    created = caller.reserve()
    caller.post("process", id=created["id"], target="people")
    assert caller.ended(created["id"])["status"] == "completed"
    check_refused(caller.post("cancel", id=created["id"]), 409, "IJ101")


def test_process_before_the_upload_is_refused(caller: Caller) -> None:
    created = caller.create().json()
    body = check_refused(caller.post("process", id=created["id"], target="people"), 404, "IJ201")
    assert body["message"] == "the file has not been uploaded"


def test_file_with_another_digest_is_not_imported(caller: Caller, client_stack: ClientStack) -> None:
    created = caller.reserve()
    caller.post("process", id=created["id"], target="people", file_hash=hashlib.sha256(b"another file").hexdigest())
    job = caller.ended(created["id"])
    assert (job["status"], job["error_code"], job["rows_read"]) == ("failed", "IJ206", 0)
    assert client_stack.sql("select from public.people where owner = %s", caller.user.id) == []


def test_job_is_cancelled_and_retried(either: Caller) -> None:
    created = either.reserve()
    later = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    either.post("process", id=created["id"], target="people", run_after=later, options={"trim": True}, priority=-1)
    assert either.post("cancel", id=created["id"]).json()["status"] == "cancelled"
    retried = either.post("retry", id=created["id"], options={"max_errors": 5})
    assert (retried.status_code, retried.json()["status"]) == (200, "pending")
    assert retried.json().keys() == either.post("status", id=created["id"]).json().keys()
