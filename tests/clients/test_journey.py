"""supabase-js as a signed-up user: sign up, sign in, refresh, upload, import, read, sign out."""

from __future__ import annotations

from typing import Any

import pytest

from tests.clients.client_stack import ClientStack


@pytest.fixture(scope="module")
def journey(client_stack: ClientStack, url: str) -> dict[str, Any]:
    return client_stack.node("journey.mjs", EMAIL=client_stack.email(), SUPABASE_URL=url)


def test_user_signs_up_in_and_refreshes(journey: dict[str, Any]) -> None:
    assert journey["name"] == "Ada"
    assert journey["same"]
    assert journey["rotated"]
    assert journey["user"]["is_anonymous"] is False


def test_token_is_checked_by_the_published_keys(journey: dict[str, Any]) -> None:
    """getClaims() of supabase-js fetches the JWKS for a token with an asymmetric signature."""
    assert journey["header"]["alg"] == "ES256"
    claims = journey["claims"]
    assert claims["role"] == "authenticated"
    assert claims["sub"] == journey["user"]["id"]
    assert claims["user_metadata"]["name"] == "Ada"
    assert claims["is_anonymous"] is False
    assert claims["amr"][0]["method"] == "password"
    assert claims["iss"].endswith("/auth/v1")


def test_user_imports_a_file(journey: dict[str, Any]) -> None:
    assert journey["inserted"]["status"] == "pending"
    assert journey["job"]["status"] == "completed", journey["job"]
    email = journey["user"]["email"]
    assert journey["rows"] == [{"email": f"a-{email}", "name": "Ada"}, {"email": f"b-{email}", "name": "Bob"}]
    assert journey["again"]


def test_wrong_password_is_refused(journey: dict[str, Any]) -> None:
    assert journey["wrong"] == {"status": 400, "code": "invalid_credentials"}


def test_session_ends_with_sign_out(journey: dict[str, Any]) -> None:
    assert journey["refused_refresh"]["status"] == 400
    assert journey["refused_refresh"]["code"] == "refresh_token_not_found"
