"""Reads the body of a request within the limits of size and time."""

import asyncio

from starlette.requests import Request

from processor.http.error_responses import BadRequest
from processor.http.limits import ServerLimits


async def limited_body(request: Request, limits: ServerLimits) -> bytes:
    """Return the body.

    Raises: BadRequest with 413 as soon as the body, or its announced length, exceeds `limits.body_bytes`; BadRequest
    with 408 when the body is incomplete after `limits.body_seconds`; ClientDisconnect.
    """
    too_large = BadRequest(413, f"the body is larger than {limits.body_bytes // 1024} kB")
    # h11 has checked that the length consists of digits, at most twenty.
    if int(request.headers.get("content-length", "0")) > limits.body_bytes:
        raise too_large
    body = bytearray()
    try:
        async with asyncio.timeout(limits.body_seconds):
            async for block in request.stream():
                body += block
                if len(body) > limits.body_bytes:
                    raise too_large
    except TimeoutError:
        raise BadRequest(408, f"the body did not arrive within {limits.body_seconds:g} s") from None
    return bytes(body)
