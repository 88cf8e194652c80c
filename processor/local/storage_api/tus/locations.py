"""The URL of a resumable upload: the base64url of bucket, object and version, so it needs no table."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass

from processor.local.storage_api.errors import StorageError
from processor.local.storage_api.names import check_bucket_name, check_object_name

_PATH = "/storage/v1/upload/resumable"
_DEFAULT_PORTS = ("80", "443")


@dataclass(frozen=True, slots=True)
class UploadId:
    """The object that an upload becomes; the version tells uploads of one object apart."""

    bucket: str
    name: str
    version: str

    def __post_init__(self) -> None:
        check_bucket_name(self.bucket)
        check_object_name(self.name)

    def encoded(self) -> str:
        """Return the last segment of the URL."""
        return base64.urlsafe_b64encode(f"{self.bucket}/{self.name}/{self.version}".encode()).decode().rstrip("=")


def decode(segment: str) -> UploadId:
    """Return the id in the last segment of a URL.

    Raises: StorageError when it is none.
    """
    try:
        text = base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4)).decode()
    except (binascii.Error, ValueError) as error:
        raise _invalid_id() from error
    bucket, _, rest = text.partition("/")
    name, _, version = rest.rpartition("/")
    if not name:
        raise _invalid_id()
    return UploadId(bucket, name, version)


def location(upload: UploadId, headers: Mapping[str, str], scheme: str, *, signed: bool) -> str:
    """Return the URL of an upload at the address that the client used, also behind a gateway."""
    forwarded = headers.get("x-forwarded-proto", "")
    proto = forwarded if forwarded in ("http", "https") else scheme
    host = headers.get("x-forwarded-host") or headers.get("host", "")
    port = headers.get("x-forwarded-port", "")
    if "x-forwarded-host" in headers and port and port not in _DEFAULT_PORTS and ":" not in host:
        host = f"{host}:{port}"
    return f"{proto}://{host}{_PATH}{'/sign' if signed else ''}/{upload.encoded()}"


def _invalid_id() -> StorageError:
    return StorageError(400, "InvalidRequest", "Invalid upload id")
