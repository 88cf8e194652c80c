"""Whether the processor's key opens Storage: asked once, when the processor starts."""

import base64
import binascii
import json
from typing import cast

import urllib3
from urllib3.exceptions import HTTPError

from processor.errors import JobError, ObjectNotFound, SourceRefused, SourceUnavailable
from processor.storage.downloads import Downloads
from processor.storage.responses import source_error

BUCKET = "imports"
# Below the time after which platforms take a start for failed; a healthy Storage answers within 50 ms.
TIMEOUT = urllib3.Timeout(connect=3.0, read=5.0)
_CLIENT_ROLES = ("anon", "authenticated")


def key_error(supabase_url: str, key: str) -> JobError | None:
    """Return why the key does not open the bucket of imports, or None where it does.

    `SourceRefused` means that no job could succeed; after `SourceUnavailable` and `ObjectNotFound` one may later.
    """
    if is_for_clients(key):
        return SourceRefused("the key is one for clients, which may not read the files of all users")
    downloads = Downloads(supabase_url, key)
    try:
        response = downloads.get_bucket(BUCKET, TIMEOUT)
        error = None if response.status == 200 else source_error(response)
        if isinstance(error, ObjectNotFound):
            return ObjectNotFound("Storage has no bucket {bucket}, or the key may not see it", bucket=BUCKET)
        return error
    except HTTPError as exc:
        return SourceUnavailable("Storage could not be reached ({error})", error=type(exc).__name__)
    finally:
        downloads.close()


def is_for_clients(key: str) -> bool:
    """Return whether a key is publishable, or a JWT of a role that clients have."""
    if key.startswith("sb_publishable_"):
        return True
    payload = key.split(".")[1] if key.count(".") == 2 else ""
    try:
        claims = cast("object", json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))))
    except (binascii.Error, ValueError, RecursionError):
        return False
    return isinstance(claims, dict) and cast("dict[str, object]", claims).get("role") in _CLIENT_ROLES
