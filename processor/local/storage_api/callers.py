"""Identifies callers by API keys, which the gateway checks, and by JWTs, which contain the Postgres role and claims."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

import jwt
from jwt.types import Options

from processor.local.storage_api.config import Settings
from processor.local.storage_api.errors import (
    GatewayError,
    StorageError,
    access_denied,
    invalid_request,
)

# What the real server does not check either.
_UNCHECKED: Options = {"verify_aud": False, "verify_iat": False, "verify_sub": False, "verify_jti": False}


@dataclass(frozen=True, slots=True)
class Caller:
    """A Postgres role and its claims. An unauthenticated caller has the role anon and may only read public buckets."""

    role: str
    claims: Mapping[str, object]
    authenticated: bool = True

    @property
    def owner(self) -> str | None:
        """The id of the user; None for an API key."""
        subject = self.claims.get("sub")
        return subject if isinstance(subject, str) else None


def _caller_with_role(role: str) -> Caller:
    return Caller(role, {"iss": "supabase", "role": role})


SERVICE = _caller_with_role("service_role")
ANON = _caller_with_role("anon")
UNAUTHENTICATED = Caller("anon", {"role": "anon"}, authenticated=False)


def identify(headers: Mapping[str, str], settings: Settings) -> Caller:
    """Return the caller of a request.

    Raises: GatewayError for an invalid key, StorageError for an invalid or missing token.
    """
    by_key = caller_of_key(headers.get("apikey", ""), headers, settings)
    scheme, _, token = headers.get("authorization", "").partition(" ")
    token = token.strip() if scheme.lower() == "bearer" else ""
    if not token or (token.startswith("sb_") and _equal(token, headers.get("apikey", ""))):
        if by_key is None:
            raise invalid_request("headers must have required property 'authorization'")
        return by_key
    return _caller_from_token(token, settings)


def identify_or_anonymous(headers: Mapping[str, str], settings: Settings) -> Caller:
    """Return the caller, or UNAUTHENTICATED when the token is invalid or missing.

    For routes that serve public buckets.

    Raises: GatewayError for an invalid key.
    """
    if not headers.get("authorization") and not headers.get("apikey"):
        return UNAUTHENTICATED
    try:
        return identify(headers, settings)
    except StorageError:
        return UNAUTHENTICATED


def read_token(token: str, secret: str) -> Mapping[str, object]:
    """Return the claims of a token.

    Raises: jwt.InvalidTokenError.
    """
    return cast("Mapping[str, object]", jwt.decode(token, secret, algorithms=["HS256"], options=_UNCHECKED))


def _read_user_token(token: str, settings: Settings) -> Mapping[str, object]:
    header = jwt.get_unverified_header(token)
    if header.get("alg") != "ES256":
        return read_token(token, settings.jwt_secret)
    for key in settings.jwks.keys if settings.jwks else ():
        if key.key_id == header.get("kid"):
            return cast("Mapping[str, object]", jwt.decode(token, key, algorithms=["ES256"], options=_UNCHECKED))
    raise jwt.InvalidSignatureError


def describe(error: jwt.InvalidTokenError) -> str:
    """Return the message of the JWT library that the real server uses."""
    if isinstance(error, jwt.ExpiredSignatureError):
        return '"exp" claim timestamp check failed'
    if isinstance(error, jwt.InvalidSignatureError):
        return "signature verification failed"
    return "Invalid Compact JWS"


def caller_of_key(key: str, headers: Mapping[str, str], settings: Settings) -> Caller | None:
    """Return the caller that an API key names, or None without a key; `headers` say whether a browser sends it.

    Raises: GatewayError for an invalid key.
    """
    if not key:
        return None
    if _equal(key, settings.publishable_key):
        return ANON
    if _equal(key, settings.secret_key):
        if headers.get("user-agent", "").startswith("Mozilla/"):
            raise GatewayError(
                "Forbidden use of secret API key in browser",
                "Secret API keys can only be used in a protected environment and should never be used in a "
                "browser. Delete this secret API key immediately.",
            )
        return SERVICE
    if key.startswith("sb_"):
        raise GatewayError(
            "Unregistered API key",
            "Double check the provided API key as it is not registered for this project.",
        )
    try:
        return _caller_from_token(key, settings)  # legacy keys are JWTs
    except StorageError as error:
        raise GatewayError("Invalid API key", "Double check your Supabase API key.") from error


def _caller_from_token(token: str, settings: Settings) -> Caller:
    try:
        claims = _read_user_token(token, settings)
    except jwt.InvalidTokenError as error:
        raise access_denied(describe(error)) from error
    role = claims.get("role")
    return Caller(role if isinstance(role, str) and role else "anon", claims)


def _equal(left: str, right: str) -> bool:
    return hmac.compare_digest(left.encode(), right.encode())
