"""What a response of the Storage API means.

Its errors are HTTP 400 with the actual status in the body's `statusCode` (Storage API v1.11, read in source).
"""

import json
import re

import urllib3
from urllib3.exceptions import HTTPError

from processor.errors import ObjectNotFound, SourceChanged, SourceRefused, SourceUnavailable

# The body of an error response has a few hundred bytes.
ERROR_BYTES = 1 << 16
# What a body that is no error document of Storage raises: other JSON, deep nesting, a number without end.
UNREADABLE = (ValueError, KeyError, TypeError, OverflowError, RecursionError, HTTPError)
_CONTENT_RANGE = re.compile(r"bytes (\d{1,18})-\d{1,18}/(\d{1,18})")


def full_size(response: urllib3.BaseHTTPResponse, position: int) -> int:
    """Return the size of the whole file, in bytes, from a response with status 200, or 206 from byte `position` on.

    Raises: SourceUnavailable when the response does not contain it, or begins at another byte.
    """
    if response.status == 206:
        part = _CONTENT_RANGE.fullmatch(response.headers.get("content-range", "").strip())
        if part and int(part[1]) != position:
            raise SourceUnavailable(f"Storage sent the file from byte {int(part[1]):,} on instead of {position:,}")
        size = part[2] if part else ""
    else:
        size = response.headers.get("content-length", "")
    if not (size.isascii() and size.isdigit() and len(size) <= 18):
        raise SourceUnavailable(f"Storage did not send the size of the file (from byte {position:,})")
    return int(size)


def source_error(
    response: urllib3.BaseHTTPResponse,
) -> ObjectNotFound | SourceRefused | SourceUnavailable | SourceChanged:
    """Return the job error that an error response stands for."""
    status = actual_status(response)
    if status == 404:
        return ObjectNotFound("the object does not exist in Storage")
    if status == 416:
        return SourceChanged("the file is shorter than at the first attempt")
    if is_transient(status):
        return SourceUnavailable(f"Storage responded with status {status}")
    return SourceRefused(f"Storage refused the download with status {status}")


def actual_status(response: urllib3.BaseHTTPResponse) -> int:
    """Return the status of an error response: the body's `statusCode`, or else the HTTP status."""
    try:
        status = int(json.loads(response.read(ERROR_BYTES))["statusCode"])
    except UNREADABLE:
        return response.status
    return status if 100 <= status <= 599 else response.status


def is_transient(status: int) -> bool:
    """Return whether the same request may succeed later."""
    return status == 429 or status >= 500
