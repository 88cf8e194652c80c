"""The tokens in signed URLs: JWTs that name one object and, for uploads, on whose behalf."""

from __future__ import annotations

import time
from dataclasses import dataclass

import jwt

from processor.local.storage_api.callers import describe, read_token
from processor.local.storage_api.errors import StorageError, invalid_request
from processor.local.storage_api.services import Call

# Two hours, as on the platform.
UPLOAD_SECONDS = 7200


@dataclass(frozen=True, slots=True)
class UploadGrant:
    """What a signed upload URL allows."""

    owner: str | None
    upsert: bool


def sign_download(call: Call, name: str, seconds: int) -> str:
    """Return the path and query of a signed URL for reading."""
    token = _sign(call, {"url": f"{call.bucket}/{name}"}, seconds)
    return f"/object/sign/{call.bucket}/{name}?token={token}"


def sign_upload(call: Call, grant: UploadGrant) -> str:
    """Return the token of a signed URL for one upload."""
    claims: dict[str, object] = {"owner": grant.owner, "url": f"{call.bucket}/{call.name}", "upsert": grant.upsert}
    return _sign(call, claims, UPLOAD_SECONDS)


def download_expiry(call: Call) -> int:
    """Check the token of a signed URL for reading; returns the second at which it ends."""
    claims = _claims(call)
    # A token for an upload names the same url; it must not open the file.
    if claims.get("url") != f"{call.bucket}/{call.name}" or "upsert" in claims:
        raise _no_match()
    return int(str(claims["exp"]))


def upload_grant(call: Call) -> UploadGrant:
    """Check the token of a signed upload URL."""
    claims = _claims(call)
    if claims.get("url") != f"{call.bucket}/{call.name}" or "upsert" not in claims:
        raise _no_match()
    owner = claims.get("owner")
    return UploadGrant(owner if isinstance(owner, str) else None, claims["upsert"] is True)


def _sign(call: Call, claims: dict[str, object], seconds: int) -> str:
    now = int(time.time())
    claims = claims | {"iat": now, "exp": now + seconds}
    return jwt.encode(claims, call.services.settings.jwt_secret, algorithm="HS256")


def _claims(call: Call) -> dict[str, object]:
    if "token" not in call.query:
        raise invalid_request("querystring must have required property 'token'")
    try:
        claims = dict(read_token(call.query["token"], call.services.settings.jwt_secret))
    except jwt.InvalidTokenError as error:
        raise StorageError(400, "InvalidJWT", describe(error)) from error
    if "exp" not in claims:
        raise _no_match()
    return claims


def _no_match() -> StorageError:
    return StorageError(400, "InvalidSignature", "The url do not match the signature")
