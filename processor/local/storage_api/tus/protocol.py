"""The headers of TUS 1.0: what a request must have, and the metadata of an upload in one of them."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping

VERSION = "1.0.0"
CONTENT_TYPE = "application/offset+octet-stream"
EXTENSIONS = ("creation", "creation-with-upload", "creation-defer-length", "termination", "expiration")
# What browsers must be allowed to read of a response.
EXPOSED_HEADERS = (
    "Location",
    "Tus-Extension",
    "Tus-Max-Size",
    "Tus-Resumable",
    "Tus-Version",
    "Upload-Defer-Length",
    "Upload-Expires",
    "Upload-Length",
    "Upload-Metadata",
    "Upload-Offset",
    "Tus-Complete",
)

Metadata = dict[str, str | None]

_NUMBER = re.compile(r"(0|[1-9]\d{0,18})\Z")
_KEY = re.compile(r"[!-+\--~]+\Z")  # printable ASCII without space and comma
_BASE64 = re.compile(r"[\d+/A-Za-z]*={0,2}\Z")


class TusError(Exception):
    """An error response: a status and a plain text."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.text = text


def not_found() -> TusError:
    """Return the error for an upload that does not exist."""
    return TusError(404, "The file for this url was not found\n")


def invalid_metadata() -> TusError:
    """Return the error for a malformed header Upload-Metadata."""
    return TusError(400, "Invalid upload-metadata\n")


def check_headers(method: str, headers: Mapping[str, str]) -> None:
    """Check the headers that a request of the protocol has.

    Raises: TusError 412 without a version, 400 that names the malformed headers.
    """
    if not headers.get("tus-resumable"):
        raise TusError(412, "Tus-Resumable Required\n")
    checks = (
        _CHECKS if method == "PATCH" else {name: check for name, check in _CHECKS.items() if name != "content-type"}
    )
    if invalid := [name for name in headers if name in checks and not checks[name](headers[name])]:
        raise TusError(400, f"Invalid {' '.join(invalid)}\n")


def number(text: str) -> int:
    """Return a length or an offset of a checked header."""
    return int(text)


def parse_metadata(header: str) -> Metadata:
    """Return the pairs of a header Upload-Metadata; a key without value has None.

    Raises: TusError.
    """
    metadata: Metadata = {}
    for pair in header.split(","):
        key, *values = pair.split(" ")
        value = values[0] if values else ""
        valid = len(values) < 2 and len(value) % 4 == 0 and _BASE64.match(value) and _KEY.match(key)
        if not valid or key in metadata:
            raise invalid_metadata()
        metadata[key] = base64.b64decode(value).decode("utf-8", "replace") if value else None
    return metadata


def format_metadata(metadata: Metadata) -> str:
    """Return the header Upload-Metadata of pairs."""
    return ",".join(
        key if value is None else f"{key} {base64.b64encode(value.encode()).decode()}"
        for key, value in metadata.items()
    )


def _is_metadata(value: str) -> bool:
    try:
        parse_metadata(value)
    except TusError:
        return False
    return True


def _is_number(value: str) -> bool:
    return _NUMBER.match(value) is not None


_CHECKS: dict[str, Callable[[str], bool]] = {
    "content-type": lambda value: value == CONTENT_TYPE,
    "tus-resumable": lambda value: value == VERSION,
    "upload-defer-length": lambda value: value == "1",
    "upload-length": _is_number,
    "upload-metadata": _is_metadata,
    "upload-offset": _is_number,
}
