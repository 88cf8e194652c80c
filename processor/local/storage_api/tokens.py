"""The tokens in signed URLs: JWTs that name one object and, for uploads, its owner."""

from __future__ import annotations

import time
from dataclasses import dataclass

import jwt

from processor.local.storage_api.callers import describe, read_token
from processor.local.storage_api.errors import StorageError, invalid_request
from processor.local.storage_api.services import Call

# Two hours, as on hosted projects.
UPLOAD_SECONDS = 7200


@dataclass(frozen=True, slots=True)
class UploadGrant:
    """What a signed upload URL allows."""

    owner: str | None
    upsert: bool


def sign_download(call: Call, name: str, seconds: int) -> str:
    """Return the path and query of a signed URL for downloads."""
    token = _sign(call, {"url": f"{call.bucket}/{name}"}, seconds)
    return f"/object/sign/{call.bucket}/{name}?token={token}"


def sign_upload(call: Call, grant: UploadGrant) -> str:
    """Return the token of a signed URL for one upload."""
    claims: dict[str, object] = {"owner": grant.owner, "url": f"{call.bucket}/{call.name}", "upsert": grant.upsert}
    return _sign(call, claims, UPLOAD_SECONDS)


def download_expiry(call: Call) -> int:
    """Check the token of a signed download URL; return its expiry in seconds since the epoch.

    Raises: StorageError.
    """
    claims = _claims(call)
    # The token of an upload has the same url and must not allow downloads.
    if claims.get("url") != f"{call.bucket}/{call.name}" or "upsert" in claims:
        raise _signature_mismatch()
    return int(str(claims["exp"]))


def upload_grant(call: Call) -> UploadGrant:
    """Check the token of a signed upload URL; return what it allows.

    Raises: StorageError.
    """
    claims = _claims(call)
    if claims.get("url") != f"{call.bucket}/{call.name}" or "upsert" not in claims:
        raise _signature_mismatch()
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
        raise _signature_mismatch()
    return claims


def _signature_mismatch() -> StorageError:
    return StorageError(400, "InvalidSignature", "The url do not match the signature")
