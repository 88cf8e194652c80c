"""What a response of the Storage API means.

Its errors are HTTP 400 with the actual status in the body's `statusCode` (Storage API v1.11, read in source).
"""

import json
import re

import urllib3
from urllib3.exceptions import HTTPError

from processor.errors import JobError, SourceUnavailable
from processor.storage.error_codes import storage_error

# The body of an error response has a few hundred bytes.
ERROR_BYTES = 1 << 16
# What a body that is no error document of Storage raises: other JSON, deep nesting, a number without end.
UNREADABLE = (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError, HTTPError)
_CONTENT_RANGE = re.compile(r"bytes (\d{1,18})-\d{1,18}/(\d{1,18})")


def full_size(response: urllib3.BaseHTTPResponse, position: int) -> int:
    """Return the size of the whole file, in bytes, from a response with status 200, or 206 from byte `position` on.

    Raises: SourceUnavailable when the response does not contain it, or begins at another byte.
    """
    if response.status == 206:
        part = _CONTENT_RANGE.fullmatch(response.headers.get("content-range", "").strip())
        if part and int(part[1]) != position:
            raise SourceUnavailable(
                "Storage sent the file from byte {position:,} on instead of {expected:,}",
                position=int(part[1]),
                expected=position,
            )
        size = part[2] if part else ""
    else:
        size = response.headers.get("content-length", "")
    if not (size.isascii() and size.isdigit() and len(size) <= 18):
        raise SourceUnavailable("Storage did not send the size of the file (from byte {position:,})", position=position)
    return int(size)


def source_error(response: urllib3.BaseHTTPResponse) -> JobError:
    """Return the job error that an error response stands for."""
    return storage_error(*status_and_code(response))


def status_and_code(response: urllib3.BaseHTTPResponse) -> tuple[int, str | None]:
    """Return the status and the code in the body of an error response.

    Without a body of Storage's own, these are the HTTP status and None.
    """
    try:
        body = json.loads(response.read(ERROR_BYTES))
        code = body.get("code") or body.get("error")
        status = int(body.get("statusCode", response.status))
    except UNREADABLE:
        return response.status, None
    return status if 400 <= status <= 599 else response.status, code if isinstance(code, str) else None
