"""Who is calling: API keys as the gateway knows them, and JWTs, which decide the Postgres role and claims."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

import jwt
from jwt.types import Options

from processor.local.storage_api.config import Settings
from processor.local.storage_api.errors import (
    GatewayRefusal,
    StorageError,
    access_denied,
    invalid_request,
)


@dataclass(frozen=True, slots=True)
class Caller:
    """A Postgres role with its claims; unauthenticated callers are anon and may only read public buckets."""

    role: str
    claims: Mapping[str, object]
    authenticated: bool = True

    @property
    def owner(self) -> str | None:
        """Return the user's id, None for a key."""
        subject = self.claims.get("sub")
        return subject if isinstance(subject, str) else None


def _holder(role: str) -> Caller:
    return Caller(role, {"iss": "supabase", "role": role})


SERVICE = _holder("service_role")
ANON = _holder("anon")
NOBODY = Caller("anon", {"role": "anon"}, authenticated=False)


def identify(headers: Mapping[str, str], settings: Settings) -> Caller:
    """Return the caller; raises GatewayRefusal for a bad key and StorageError for a bad or missing token."""
    by_key = _caller_of_key(headers, settings)
    scheme, _, token = headers.get("authorization", "").partition(" ")
    token = token.strip() if scheme.lower() == "bearer" else ""
    if not token or (token.startswith("sb_") and _same(token, headers.get("apikey", ""))):
        if by_key is None:
            raise invalid_request("headers must have required property 'authorization'")
        return by_key
    return _caller_of_token(token, settings)


def identify_or_nobody(headers: Mapping[str, str], settings: Settings) -> Caller:
    """Return the caller, or NOBODY when the token is bad or missing, for the routes that serve public buckets."""
    if not headers.get("authorization") and not headers.get("apikey"):
        return NOBODY
    try:
        return identify(headers, settings)
    except StorageError:
        return NOBODY


def read_token(token: str, secret: str) -> Mapping[str, object]:
    """Return a token's claims; raises jwt.InvalidTokenError."""
    options: Options = {"verify_aud": False, "verify_iat": False, "verify_sub": False, "verify_jti": False}
    return cast("Mapping[str, object]", jwt.decode(token, secret, algorithms=["HS256"], options=options))


def describe(error: jwt.InvalidTokenError) -> str:
    """Return the sentence that the real server's JWT library would have said."""
    if isinstance(error, jwt.ExpiredSignatureError):
        return '"exp" claim timestamp check failed'
    if isinstance(error, jwt.InvalidSignatureError):
        return "signature verification failed"
    return "Invalid Compact JWS"


def _caller_of_key(headers: Mapping[str, str], settings: Settings) -> Caller | None:
    key = headers.get("apikey", "")
    if not key:
        return None
    if _same(key, settings.publishable_key):
        return ANON
    if _same(key, settings.secret_key):
        if headers.get("user-agent", "").startswith("Mozilla/"):
            raise GatewayRefusal(
                "Forbidden use of secret API key in browser",
                "Secret API keys can only be used in a protected environment and should never be used in a "
                "browser. Delete this secret API key immediately.",
            )
        return SERVICE
    if key.startswith("sb_"):
        raise GatewayRefusal(
            "Unregistered API key",
            "Double check the provided API key as it is not registered for this project.",
        )
    try:
        return _caller_of_token(key, settings)  # the older keys are JWTs themselves
    except StorageError as error:
        raise GatewayRefusal("Invalid API key", "Double check your Supabase API key.") from error


def _caller_of_token(token: str, settings: Settings) -> Caller:
    try:
        claims = read_token(token, settings.jwt_secret)
    except jwt.InvalidTokenError as error:
        raise access_denied(describe(error)) from error
    role = claims.get("role")
    return Caller(role if isinstance(role, str) and role else "anon", claims)


def _same(left: str, right: str) -> bool:
    return hmac.compare_digest(left.encode(), right.encode())
