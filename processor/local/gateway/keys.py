"""Puts the JWT of a role in the place of an API key, as the platform's gateway does before it passes a request on."""

from __future__ import annotations

from collections.abc import Mapping

from processor.local.legacy_keys import legacy_key
from processor.local.storage_api.callers import ANON, caller_of_key
from processor.local.storage_api.config import Settings
from processor.local.storage_api.errors import GatewayError

# What a browser opens, or a server asks for, without a key.
_OPEN = ("/auth/v1/verify", "/auth/v1/callback", "/auth/v1/authorize", "/auth/v1/.well-known/", "/auth/v1/health")


def authorization(path: str, headers: Mapping[str, str], query: Mapping[str, str], settings: Settings) -> str | None:
    """Return the header Authorization with which a request is passed on.

    A user's token stays. Without one the caller has the role of the API key, also where the key is the token.

    Raises: GatewayError for an invalid or missing key.
    """
    key = headers.get("apikey") or query.get("apikey") or ""
    given = headers.get("authorization")
    caller = caller_of_key(key, headers, settings)
    if caller is None:
        if path.startswith(_OPEN):
            return given
        raise GatewayError("No API key found in request", "No `apikey` request header or url param was found.")
    token = (given or "").partition(" ")[2].strip()
    if token and token != key:
        return given
    if not key.startswith("sb_"):
        return f"Bearer {key}"
    role = "anon" if caller is ANON else "service_role"
    return f"Bearer {legacy_key(role, settings.jwt_secret)}"
