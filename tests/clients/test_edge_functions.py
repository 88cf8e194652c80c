"""The Edge Function import-jobs, for clients that know HTTP and JSON only, whichever server has the Data API."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import jwt
import pytest

from tests.clients.base_urls import User
from tests.clients.client_stack import ClientStack
from tests.functions.edge_runtime import EdgeRuntime, edge_runtime
from tests.servers import NO_CERTIFICATES
from tests.waiting import until

CONTENT = b"email,name\n%s,Ada\n"
FUNCTION = "/functions/v1/import-jobs"


@pytest.fixture(scope="module")
def runtimes(
    urls: dict[str, str], client_stack: ClientStack, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, EdgeRuntime]]:
    """The function on each base URL."""
    folder = tmp_path_factory.mktemp("edge")
    keys = json.dumps({"default": client_stack.env["SUPABASE_PUBLISHABLE_KEY"]})
    with ExitStack() as stack:
        yield {
            url: stack.enter_context(
                edge_runtime(folder / f"{name}.log", "import-jobs", SUPABASE_URL=url, SUPABASE_PUBLISHABLE_KEYS=keys)
            )
            for name, url in urls.items()
        }


class Caller:
    """A signed-up user who calls the function."""

    def __init__(self, stack: ClientStack, url: str, functions: EdgeRuntime) -> None:
        self.user, self.url, self.functions = User(stack, url), url, functions
        self.http = httpx.Client(
            base_url=functions.url,
            headers={"authorization": self.user.http.headers["authorization"]},
            verify=NO_CERTIFICATES,
            timeout=30,
        )
        self.content = CONTENT % stack.email().encode()

    def post(self, verb: str, **fields: object) -> httpx.Response:
        return self.http.post(f"{FUNCTION}/{verb}", json=fields)

    def create(self, **fields: object) -> httpx.Response:
        return self.post(
            "create", **{"target": "people", "file_name": "people.csv", "size": len(self.content), **fields}
        )

    def upload(self, created: dict[str, Any], content: bytes | None = None) -> None:
        headers = {"content-type": created["content_type"]}
        done = httpx.put(
            created["signed_url"], content=content or self.content, headers=headers, verify=NO_CERTIFICATES
        )
        assert done.status_code == 200, done.text

    def reserve(self, **fields: object) -> dict[str, Any]:
        """Create a job, and upload its file."""
        created = self.create(**fields)
        assert created.status_code == 201, created.text
        self.upload(created.json())
        return created.json()

    def ended(self, job_id: str) -> dict[str, Any]:
        """Return the job when it has ended."""

        def look() -> dict[str, Any] | None:
            job = self.http.get(f"{FUNCTION}/status", params={"id": job_id}).json()
            return job if job["status"] in ("completed", "failed", "cancelled") else None

        return until(look, f"the end of job {job_id}")


@pytest.fixture
def either(client_stack: ClientStack, url: str, runtimes: dict[str, EdgeRuntime]) -> Caller:
    """A user, with either server of the Data API in turn."""
    return Caller(client_stack, url, runtimes[url])


@pytest.fixture
def caller(client_stack: ClientStack, urls: dict[str, str], runtimes: dict[str, EdgeRuntime]) -> Caller:
    """A user, with PostgREST."""
    return Caller(client_stack, urls["postgrest"], runtimes[urls["postgrest"]])


def check_refused(response: httpx.Response, status: int, code: str) -> dict[str, str]:
    """Check that a response is a refusal with this status and code, which any page may read; return its body."""
    body = response.json()
    assert (response.status_code, body["code"]) == (status, code), body
    assert body.keys() == {"code", "message", "hint"}
    assert body["message"]
    assert body["hint"].endswith(".")
    assert response.headers["access-control-allow-origin"] == "*"
    return body


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


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ({"target": "cities"}, 404, "IJ106"),
        ({"options": {"delimeter": ";"}}, 400, "IJ102"),
        ({"size": 10**12}, 429, "IJ114"),
        ({"content_type": "image/png"}, 415, "IJ207"),
        ({"size": None}, 400, "IJ121"),
        ({"size": -1}, 400, "IJ121"),
        ({"size": "10"}, 400, "IJ121"),
        ({"file_name": ""}, 400, "IJ121"),
        ({"options": []}, 400, "IJ121"),
        ({"target": 1}, 400, "IJ121"),
    ],
)
def test_create_is_refused(either: Caller, fields: dict[str, object], status: int, code: str) -> None:
    check_refused(either.create(**fields), status, code)


def test_file_larger_than_the_bucket_takes_is_refused(caller: Caller, client_stack: ClientStack) -> None:
    client_stack.sql("update storage.buckets set file_size_limit = 10 where id = 'imports'")
    try:
        check_refused(caller.create(), 413, "IJ205")
    finally:
        client_stack.sql("update storage.buckets set file_size_limit = null where id = 'imports'")


@pytest.mark.parametrize("verb", ["process", "status", "cancel", "retry"])
def test_job_of_another_user_does_not_exist(caller: Caller, client_stack: ClientStack, verb: str) -> None:
    other = Caller(client_stack, caller.url, caller.functions)
    theirs = other.reserve()["id"]
    later = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    other.post("process", id=theirs, target="people", run_after=later)
    fields = {"id": theirs, **({"target": "people"} if verb == "process" else {})}
    check_refused(caller.post(verb, **fields), 404, "IJ201" if verb == "process" else "IJ108")
    assert other.post("status", id=theirs).json()["status"] == "pending"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "create", 405), ("PUT", "status", 405), ("POST", "undo", 404), ("POST", "", 404)],
)
def test_other_methods_and_paths_are_refused(caller: Caller, method: str, path: str, status: int) -> None:
    check_refused(caller.http.request(method, f"{FUNCTION}/{path}"), status, "IJ121")


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"{", b"\xff", b'{"id": "x"}', b"{}"])
def test_body_that_is_no_request_is_refused(caller: Caller, body: bytes) -> None:
    check_refused(caller.http.post(f"{FUNCTION}/status", content=body), 400, "IJ121")


def test_body_over_128_kb_is_refused(caller: Caller) -> None:
    check_refused(caller.http.post(f"{FUNCTION}/status", content=b" " * (128 * 1024 + 1)), 413, "IJ121")


def test_browsers_may_call_it_from_any_page(caller: Caller) -> None:
    response = httpx.options(
        f"{caller.functions.url}{FUNCTION}/create",
        headers={"origin": "https://app.example.com", "access-control-request-method": "POST"},
        verify=NO_CERTIFICATES,
    )
    assert (response.status_code, response.content) == (204, b"")
    allowed = response.headers["access-control-allow-headers"].split(", ")
    assert {"authorization", "apikey", "content-type", "x-client-info"} == set(allowed)


def bearer(caller: Caller, value: str) -> httpx.Response:
    """Ask for the status of a job with another Authorization header."""
    return caller.http.post(f"{FUNCTION}/status", json={"id": str(uuid4())}, headers={"authorization": value})


def test_user_is_known_by_a_valid_token_only(caller: Caller, client_stack: ClientStack) -> None:
    check_refused(bearer(caller, caller.http.headers["authorization"]), 404, "IJ108")
    token = caller.http.headers["authorization"].partition(" ")[2]
    head, payload, signature = token.split(".")
    claims = jwt.decode(token, options={"verify_signature": False})
    forged = base64.urlsafe_b64encode(json.dumps({**claims, "sub": str(UUID(int=1))}).encode()).decode().rstrip("=")
    secret = client_stack.env["JWT_SECRET"]
    for wrong in (
        "",
        "Bearer",
        f"Basic {token}",
        token,
        f"Bearer {token}, Bearer {token}",
        f"Bearer {head}.{forged}.{signature}",
        f"Bearer {head}.{payload}.",
        f"Bearer {client_stack.env['SUPABASE_PUBLISHABLE_KEY']}",
        f"Bearer {client_stack.env['SUPABASE_SECRET_KEY']}",
        f"Bearer {jwt.encode(claims, None, 'none')}",
        # Signed with the project's shared secret, which this function was not given.
        f"Bearer {jwt.encode(claims, secret, 'HS256')}",
    ):
        response = bearer(caller, wrong)
        assert check_refused(response, 401, "IJ122")["message"] == "the request has no valid token of a user", wrong
        assert response.headers["www-authenticate"] == "Bearer"
