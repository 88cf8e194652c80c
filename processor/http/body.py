"""A request's body, read as far as its size and its pace allow."""

import asyncio

from starlette.requests import Request

from processor.http.error_responses import Refused
from processor.http.limits import ServerLimits


async def limited_body(request: Request, limits: ServerLimits) -> bytes:
    """Read the body.

    Raises: Refused, with 413 as soon as it is, or says that it will be, larger than `limits.body_bytes`, with 408 when
    it is not there after `limits.body_seconds`; ClientDisconnect.
    """
    too_large = Refused(413, f"the body is larger than {limits.body_bytes // 1024} kB")
    # h11 has checked that it is digits, at most twenty.
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
        raise Refused(408, f"the body was not there after {limits.body_seconds:g} s") from None
    return bytes(body)
