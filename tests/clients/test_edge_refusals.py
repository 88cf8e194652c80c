"""Whom and what the Edge Function import-jobs refuses, and that a page of any origin may call it."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import httpx
import jwt
import pytest

from tests.clients.client_stack import ClientStack
from tests.clients.edge_caller import FUNCTION, Caller, check_refused
from tests.servers import NO_CERTIFICATES


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
