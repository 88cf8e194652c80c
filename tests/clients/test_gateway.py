"""The base URL does what the platform's gateway does: keys become roles, and browsers may call all three services."""

from __future__ import annotations

import http.client
import json
from collections.abc import Callable

import httpx
import jwt
import pytest
from jwt import PyJWKSet

from processor.local import state
from tests.clients.base_urls import User
from tests.clients.client_stack import ClientStack
from tests.servers import NO_CERTIFICATES, token
from tests.waiting import until

SERVICES = ("/storage/v1/bucket", "/rest/v1/import_jobs", "/auth/v1/settings")
TUS = ("Location", "Upload-Offset", "Upload-Length", "Tus-Resumable", "Tus-Version", "Tus-Extension", "Tus-Max-Size")
Send = Callable[..., httpx.Response]


@pytest.fixture
def send(client_stack: ClientStack) -> Send:
    """Send a request to the base URL with these headers and no others."""

    def request(method: str, path: str, **headers: str) -> httpx.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return httpx.request(method, client_stack.env["SUPABASE_URL"] + path, headers=named, verify=NO_CERTIFICATES)

    return request


def role(response: httpx.Response) -> object:
    """Return the role that executed auth.role(), or the whole answer."""
    return response.json() if response.status_code == 200 else response.text


@pytest.fixture(scope="module", autouse=True)
def whoami(client_stack: ClientStack) -> None:
    """A function that returns the role of the request; the Data API learns of it by itself."""
    client_stack.sql(
        "create function public.whoami() returns text stable language sql as 'select current_user::text';"
        "grant execute on function public.whoami() to anon, authenticated, service_role;"
    )
    headers = {"apikey": client_stack.env["SECRET_KEY"]}
    url = f"{client_stack.env['API_URL']}/rest/v1/rpc/whoami"
    until(lambda: httpx.get(url, headers=headers, verify=NO_CERTIFICATES).status_code == 200, "the new function")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("PUBLISHABLE_KEY", "anon"),
        ("SECRET_KEY", "service_role"),
        ("ANON_KEY", "anon"),
        ("SERVICE_ROLE_KEY", "service_role"),
    ],
)
def test_key_becomes_its_role(send: Send, client_stack: ClientStack, name: str, expected: str) -> None:
    key = client_stack.env[name]
    assert role(send("GET", "/rest/v1/rpc/whoami", apikey=key)) == expected
    assert role(send("GET", "/rest/v1/rpc/whoami", apikey=key, authorization=f"Bearer {key}")) == expected
    assert role(send("GET", f"/rest/v1/rpc/whoami?apikey={key}")) == expected


@pytest.mark.parametrize(
    "path", ["/auth/v1/verify/../settings", "/auth/v1/verify/%2e%2e/settings", "/rest/v1/../../auth/v1/settings"]
)
def test_path_that_leads_elsewhere_is_refused(client_stack: ClientStack, path: str) -> None:
    """The first two begin like one that needs no key. A client that does not resolve the dots itself sends them."""
    base = httpx.URL(client_stack.env["SUPABASE_URL"])
    connection = http.client.HTTPConnection(base.host, base.port, timeout=10)
    connection.request("GET", path)
    assert connection.getresponse().status == 404
    connection.close()


@pytest.mark.parametrize("name", ["PUBLISHABLE_KEY", "SECRET_KEY"])
def test_token_of_a_user_wins_over_the_key(send: Send, client_stack: ClientStack, name: str) -> None:
    user = User(client_stack, client_stack.env["SUPABASE_URL"])
    bearer = user.http.headers["authorization"]
    assert (
        role(send("GET", "/rest/v1/rpc/whoami", apikey=client_stack.env[name], authorization=bearer)) == "authenticated"
    )


@pytest.mark.parametrize("path", ["/rest/v1/import_jobs", "/auth/v1/user"])
def test_unknown_or_missing_key_is_refused(send: Send, path: str) -> None:
    for prefix in ("sb_publishable_", "sb_secret_"):
        unknown = send("GET", path, apikey=f"{prefix}unknown")
        assert (unknown.status_code, unknown.json()["message"]) == (401, "Unregistered API key")
    missing = send("GET", path)
    assert (missing.status_code, missing.json()["message"]) == (401, "No API key found in request")
    invalid = send("GET", path, apikey="no key")
    assert (invalid.status_code, invalid.json()["message"]) == (401, "Invalid API key")


@pytest.mark.parametrize("path", SERVICES)
def test_secret_key_in_a_browser_is_refused(send: Send, client_stack: ClientStack, path: str) -> None:
    response = send("GET", path, apikey=client_stack.env["SECRET_KEY"], user_agent="Mozilla/5.0")
    assert response.status_code == 401
    assert response.json()["message"] == "Forbidden use of secret API key in browser"


@pytest.mark.parametrize("path", SERVICES)
def test_browser_of_another_origin_may_ask(send: Send, client_stack: ClientStack, path: str) -> None:
    wanted = "apikey,authorization,content-type,x-client-info"
    preflight = send(
        "OPTIONS",
        path,
        origin="http://localhost:5173",
        access_control_request_method="POST",
        access_control_request_headers=wanted,
    )
    assert preflight.status_code in (200, 204)
    assert preflight.headers["access-control-allow-origin"] == "*"
    assert "POST" in preflight.headers["access-control-allow-methods"]
    allowed = preflight.headers["access-control-allow-headers"].lower().replace(" ", "").split(",")
    assert set(wanted.split(",")) <= set(allowed)
    answer = send("GET", path, origin="http://localhost:5173", apikey=client_stack.env["PUBLISHABLE_KEY"])
    assert answer.headers.get_list("access-control-allow-origin") == ["*"]
    refused = send("GET", path, origin="http://localhost:5173", apikey="sb_secret_unknown")
    assert refused.headers["access-control-allow-origin"] == "*"


def test_headers_of_the_data_api_and_of_resumable_uploads_are_exposed(send: Send, client_stack: ClientStack) -> None:
    key = client_stack.env["PUBLISHABLE_KEY"]
    exposed = [exposed_headers(send("GET", path, origin="http://a.example", apikey=key)) for path in SERVICES]
    assert {name.lower() for name in TUS} <= exposed[0]
    assert {"content-range", "location"} <= exposed[1]


def exposed_headers(response: httpx.Response) -> set[str]:
    names = response.headers["access-control-expose-headers"].split(",")
    return {name.strip().lower() for name in names}


def test_range_of_rows_and_head_pass_through(send: Send, client_stack: ClientStack) -> None:
    key = client_stack.env["SECRET_KEY"]
    response = send("HEAD", "/rest/v1/import_jobs?select=id&limit=1", apikey=key, prefer="count=exact")
    assert response.status_code in (200, 206)
    assert "/" in response.headers["content-range"]
    assert response.content == b""


@pytest.mark.parametrize("path", ["/storage/v1/bucket", "/rest/v1/import_jobs?limit=1"])
def test_both_kinds_of_signature_are_accepted(client_stack: ClientStack, path: str) -> None:
    """Tokens of Auth (ES256, by the JWKS) and those that the secret signs (HS256), as in older projects."""
    user = User(client_stack, client_stack.env["SUPABASE_URL"])
    keys = PyJWKSet.from_json(user.http.get("/auth/v1/.well-known/jwks.json").text)
    claims = jwt.decode(user.session["access_token"], keys.keys[0], algorithms=["ES256"], audience="authenticated")
    assert claims["sub"] == user.id
    assert user.http.get(path).status_code == 200
    older = token(user.id, secret=client_stack.env["JWT_SECRET"])
    assert user.http.get(path, headers={"authorization": f"Bearer {older}"}).status_code == 200


@pytest.mark.parametrize("path", ["/storage/v1/bucket", "/rest/v1/import_jobs?limit=1", "/auth/v1/user"])
def test_foreign_and_expired_signatures_are_refused(client_stack: ClientStack, path: str) -> None:
    user = User(client_stack, client_stack.env["SUPABASE_URL"])
    kept = state.load(client_stack.folder)
    assert kept is not None
    key = jwt.PyJWK(kept.signing_key).key
    header = {"kid": kept.signing_key["kid"]}
    claims = {"sub": user.id, "role": "authenticated", "aud": "authenticated", "exp": 1_700_000_000}
    expired = jwt.encode(claims, key, algorithm="ES256", headers=header)
    forged = user.session["access_token"][:-8] + "AAAAAAAA"
    for refused in (expired, forged):
        response = user.http.get(path, headers={"authorization": f"Bearer {refused}"})
        assert response.status_code in (400, 401, 403), response.text


@pytest.mark.parametrize("path", ["/rest%2Fv1/import_jobs", "/restv1/import_jobs", "/functions/v1/hello", "/rest/v1"])
def test_other_paths_are_not_there(send: Send, client_stack: ClientStack, path: str) -> None:
    assert send("GET", path, apikey=client_stack.env["SECRET_KEY"]).status_code == 404


def test_private_key_is_not_published(send: Send) -> None:
    published = json.loads(send("GET", "/auth/v1/.well-known/jwks.json").text)
    assert [set(key) & {"d", "k"} for key in published["keys"]] == [set()]
