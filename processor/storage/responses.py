"""What a response of the Storage API means.

Its errors are HTTP 400 with the actual status in the body's `statusCode` (Storage API v1.11, read in source).
"""

import json

import urllib3
from urllib3.exceptions import HTTPError

from processor.errors import ObjectNotFound, SourceChanged, SourceRefused, SourceUnavailable

# The body of an error response has a few hundred bytes.
ERROR_BYTES = 1 << 16


def full_size(response: urllib3.BaseHTTPResponse, position: int) -> int:
    """Return the size of the whole file, in bytes, from a response with status 200 or 206.

    Raises: SourceUnavailable when the response does not contain it.
    """
    try:
        if response.status == 206:
            return int(response.headers["content-range"].rsplit("/", 1)[1])
        return int(response.headers["content-length"])
    except (KeyError, ValueError, IndexError) as exc:
        raise SourceUnavailable(f"Storage did not send the size of the file (from byte {position})") from exc


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
        return int(json.loads(response.read(ERROR_BYTES))["statusCode"])
    except (ValueError, KeyError, TypeError, HTTPError):
        return response.status


def is_transient(status: int) -> bool:
    """Return whether the same request may succeed later."""
    return status == 429 or status >= 500
