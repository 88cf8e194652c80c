"""Keys and tokens identify callers; other requests get an error."""

from __future__ import annotations

import jwt
import pytest

from tests.integration.storage_harness import error_of
from tests.servers import ALICE, PUBLISHABLE_KEY, SECRET_KEY, StorageApi, token


def test_secret_key_is_the_service_role(api: StorageApi) -> None:
    assert [bucket["id"] for bucket in api.service().get("/bucket").json()] == ["files"]


def test_publishable_key_is_anon_and_sees_no_bucket(api: StorageApi) -> None:
    assert api.anonymous().get("/bucket").json() == []


def test_key_as_bearer_counts_when_it_equals_the_apikey(api: StorageApi) -> None:
    client = api.client({"apikey": SECRET_KEY, "authorization": f"Bearer {SECRET_KEY}"})
    assert client.get("/bucket").status_code == 200


def test_key_as_bearer_without_apikey_is_an_invalid_token(api: StorageApi) -> None:
    response = api.client({"authorization": f"Bearer {SECRET_KEY}"}).get("/bucket")
    assert error_of(response) == (400, "403", "Unauthorized")
    assert response.json()["message"] == "Invalid Compact JWS"


def test_token_wins_over_the_key(api: StorageApi) -> None:
    client = api.client({"apikey": SECRET_KEY, "authorization": f"Bearer {token(ALICE)}"})
    assert client.get("/bucket").json() == []


def test_legacy_keys_are_tokens(api: StorageApi) -> None:
    service = token(None, "service_role")
    client = api.client({"apikey": service, "authorization": f"Bearer {service}"})
    assert client.get("/bucket/files").status_code == 200


def test_secret_key_in_a_browser_is_an_error(api: StorageApi) -> None:
    response = api.client({"apikey": SECRET_KEY, "user-agent": "Mozilla/5.0 (X11)"}).get("/bucket")
    assert response.status_code == 401
    assert response.json()["message"] == "Forbidden use of secret API key in browser"


def test_publishable_key_in_a_browser_is_accepted(api: StorageApi) -> None:
    response = api.client({"apikey": PUBLISHABLE_KEY, "user-agent": "Mozilla/5.0 (X11)"}).get("/bucket")
    assert response.status_code == 200


def test_unknown_key_is_an_error_of_the_gateway(api: StorageApi) -> None:
    response = api.client({"apikey": "sb_secret_of_another_project"}).get("/bucket")
    assert (response.status_code, response.json()["message"]) == (401, "Unregistered API key")


def test_request_without_key_and_token_is_invalid(api: StorageApi) -> None:
    response = api.client({}).get("/bucket")
    assert error_of(response) == (400, "400", "Error")
    assert response.json()["message"] == "headers must have required property 'authorization'"


@pytest.mark.parametrize(
    ("bearer", "message"),
    [
        ("nonsense", "Invalid Compact JWS"),
        (token(seconds=-60), '"exp" claim timestamp check failed'),
        (token(secret="another secret that is long enough"), "signature verification failed"),
    ],
)
def test_invalid_token_is_an_error(api: StorageApi, bearer: str, message: str) -> None:
    response = api.client({"apikey": PUBLISHABLE_KEY, "authorization": f"Bearer {bearer}"}).get("/bucket")
    assert error_of(response) == (400, "403", "Unauthorized")
    assert response.json()["message"] == message


def test_unsigned_token_is_an_error(api: StorageApi) -> None:
    unsigned = jwt.encode({"role": "service_role"}, "", algorithm="none")
    response = api.client({"authorization": f"Bearer {unsigned}"}).get("/bucket")
    assert error_of(response) == (400, "403", "Unauthorized")


def test_health_needs_no_key(api: StorageApi) -> None:
    for path in ("/health", "/status", "/storage/v1/status"):
        assert api.client({}).get(api.origin + path).status_code == 200


def test_unknown_route_is_404(api: StorageApi) -> None:
    response = api.service().get("/nothing/here")
    assert (response.status_code, response.json()["error"]) == (404, "Not Found")


def test_browsers_of_any_origin_may_call(api: StorageApi) -> None:
    asked = {
        "origin": "http://localhost:5173",
        "access-control-request-method": "POST",
        "access-control-request-headers": "apikey, authorization, x-upsert",
    }
    response = api.client(asked).options("/object/files/a.csv")
    assert response.status_code == 200
    assert response.headers["access-control-allow-origin"] == "*"
    assert "x-upsert" in response.headers["access-control-allow-headers"]
