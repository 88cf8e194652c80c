"""What the Edge Function import-jobs takes from its environment: keys for tokens and for the API, its public URL."""

from __future__ import annotations

import base64
import json
import time
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import jwt
import pytest

from processor.local.ports import free_port
from tests.clients.base_urls import User
from tests.clients.client_stack import ClientStack
from tests.functions.edge_runtime import EdgeRuntime, edge_runtime
from tests.servers import NO_CERTIFICATES

FUNCTION = "/functions/v1/import-jobs"


def ask(runtime: EdgeRuntime, token: str, verb: str = "status", **fields: object) -> httpx.Response:
    body = fields or {"id": str(uuid4())}
    headers = {"authorization": f"Bearer {token}"}
    return httpx.post(f"{runtime.url}{FUNCTION}/{verb}", json=body, headers=headers, verify=NO_CERTIFICATES, timeout=30)


def outcome(response: httpx.Response) -> tuple[int, str]:
    return response.status_code, response.json()["code"]


@pytest.fixture
def base(client_stack: ClientStack) -> dict[str, str]:
    """The variables that are the same in every test: the older name of the key, which is the fallback."""
    return {
        "SUPABASE_URL": client_stack.env["SUPABASE_URL"],
        "SUPABASE_ANON_KEY": client_stack.env["SUPABASE_PUBLISHABLE_KEY"],
    }


@pytest.fixture
def user(client_stack: ClientStack) -> User:
    return User(client_stack, client_stack.env["SUPABASE_URL"])


def test_shared_secret_of_older_projects(base: dict[str, str], client_stack: ClientStack, tmp_path: Path) -> None:
    secret = client_stack.env["JWT_SECRET"]
    claims: dict[str, Any] = {"sub": str(uuid4()), "role": "authenticated", "exp": int(time.time()) + 60}

    def sign(key: str = secret, **other: object) -> str:
        return jwt.encode({**claims, **other}, key, "HS256")

    with edge_runtime(tmp_path / "log", "import-jobs", **base, JWT_SECRET=secret) as runtime:
        assert outcome(ask(runtime, sign())) == (404, "IJ108")
        for token in (
            sign("another secret that is long enough"),
            sign(exp=int(time.time()) - 60),
            sign(sub="alice"),
            sign(sub=""),
            jwt.encode({name: claims[name] for name in ("sub", "role")}, secret, "HS256"),
            jwt.encode({name: claims[name] for name in ("sub", "exp")}, secret, "HS256"),
            jwt.encode({name: claims[name] for name in ("role", "exp")}, secret, "HS256"),
        ):
            assert outcome(ask(runtime, token)) == (401, "IJ122")


def test_shared_secret_among_the_keys(base: dict[str, str], client_stack: ClientStack, tmp_path: Path) -> None:
    secret = client_stack.env["JWT_SECRET"]
    encoded = base64.urlsafe_b64encode(secret.encode()).decode().rstrip("=")
    keys = json.dumps({"keys": [{"kty": "oct", "k": encoded}]})
    token = jwt.encode({"sub": str(uuid4()), "role": "authenticated", "exp": int(time.time()) + 60}, secret, "HS256")
    with edge_runtime(tmp_path / "log", "import-jobs", **base, SUPABASE_JWKS=keys) as runtime:
        assert outcome(ask(runtime, token)) == (404, "IJ108")


@pytest.mark.parametrize("form", ["set", "array", "older"])
def test_keys_may_be_given_in_the_environment(base: dict[str, str], user: User, tmp_path: Path, form: str) -> None:
    """Newer ones are fetched: the third set has none that signed the token."""
    keys = httpx.get(f"{base['SUPABASE_URL']}/auth/v1/.well-known/jwks.json", verify=NO_CERTIFICATES).json()["keys"]
    given = {"set": {"keys": keys}, "array": keys, "older": {"keys": [{**keys[0], "kid": "another"}]}}[form]
    variables = {**base, "SUPABASE_JWKS": json.dumps(given)}
    unreachable = f"http://127.0.0.1:{free_port()}/jwks.json"
    if form != "older":
        variables["SUPABASE_JWKS_URL"] = unreachable
    token = user.session["access_token"]
    with edge_runtime(tmp_path / "log", "import-jobs", **variables) as runtime:
        assert outcome(ask(runtime, token)) == (404, "IJ108")


def test_keys_that_cannot_be_read_are_no_refusal_of_the_user(base: dict[str, str], user: User, tmp_path: Path) -> None:
    variables = {**base, "SUPABASE_JWKS_URL": f"http://127.0.0.1:{free_port()}/jwks.json"}
    with edge_runtime(tmp_path / "log", "import-jobs", **variables) as runtime:
        assert outcome(ask(runtime, user.session["access_token"])) == (503, "IJ122")
        assert outcome(ask(runtime, "no.token.at-all")) == (401, "IJ122")


def test_services_that_do_not_answer_are_named(client_stack: ClientStack, user: User, tmp_path: Path) -> None:
    variables = {
        "SUPABASE_URL": f"http://127.0.0.1:{free_port()}",
        "SUPABASE_PUBLISHABLE_KEYS": '{"web": "sb_publishable_x"}',
        "SUPABASE_JWKS_URL": f"{client_stack.env['SUPABASE_URL']}/auth/v1/.well-known/jwks.json",
    }
    with edge_runtime(tmp_path / "log", "import-jobs", **variables) as runtime:
        fields = {"target": "people", "file_name": "a.csv", "size": 10}
        assert outcome(ask(runtime, user.session["access_token"], "create", **fields)) == (503, "IJ501")


def test_urls_are_those_that_clients_reach(base: dict[str, str], user: User, tmp_path: Path) -> None:
    """Locally the CLI gives functions a URL that only containers reach."""
    variables = {**base, "IMPORT_JOBS_PUBLIC_URL": "https://abcdefghijklmnopqrst.supabase.co/"}
    fields = {"target": "people", "file_name": "a.csv", "size": 10}
    with edge_runtime(tmp_path / "log", "import-jobs", **variables) as runtime:
        created = ask(runtime, user.session["access_token"], "create", **fields).json()
    public = "https://abcdefghijklmnopqrst"
    assert created["signed_url"].startswith(f"{public}.supabase.co/storage/v1/object/upload/sign/imports/{user.id}/")
    assert created["resumable"]["endpoint"] == f"{public}.storage.supabase.co/storage/v1/upload/resumable/sign"


def test_user_who_may_not_upload_is_told_so(
    base: dict[str, str], client_stack: ClientStack, user: User, tmp_path: Path
) -> None:
    policy = '"import-jobs: users upload below their id" on storage.objects'
    client_stack.sql(f"alter policy {policy} with check (false)")
    fields = {"target": "people", "file_name": "a.csv", "size": 10}
    try:
        with edge_runtime(tmp_path / "log", "import-jobs", **base) as runtime:
            refused = ask(runtime, user.session["access_token"], "create", **fields)
    finally:
        client_stack.sql(
            f"alter policy {policy} with check"
            " (bucket_id = 'imports' and (storage.foldername(name))[1] = (select auth.uid())::text)"
        )
    assert outcome(refused) == (403, "IJ602")


def test_storage_that_fails_is_named(
    base: dict[str, str], client_stack: ClientStack, user: User, tmp_path: Path
) -> None:
    fields = {"target": "people", "file_name": "a.csv", "size": 10}
    client_stack.sql("alter table storage.objects rename to objects_elsewhere")
    try:
        with edge_runtime(tmp_path / "log", "import-jobs", **base) as runtime:
            refused = ask(runtime, user.session["access_token"], "create", **fields)
    finally:
        client_stack.sql("alter table storage.objects_elsewhere rename to objects")
    assert outcome(refused) == (503, "IJ203")
