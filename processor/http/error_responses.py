"""What a refusal says: a status, the code, a sentence and a hint; to who has no token, nothing but the status."""

import json
from collections.abc import Mapping

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from processor.errors import BadRing

# What Starlette itself refuses.
SAID = {404: "there is nothing at this path", 405: "this path does not take the method"}


class Refused(Exception):
    """A request that is not taken; the message repeats nothing of it."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status, self.message = status, message


def content(message: str) -> dict[str, str]:
    """Return a refusal's body."""
    return {"code": BadRing.code, "message": message, "hint": BadRing.hint}


def text(message: str) -> bytes:
    """Return the same as bytes, for those who are answered before there is a request."""
    return json.dumps(content(message)).encode()


def refusal(status: int, message: str, headers: Mapping[str, str] | None = None) -> Response:
    """Return the answer to a request that is not taken."""
    return JSONResponse(content(message), status_code=status, headers=dict(headers or {}))


def bad_ring(_: Request, exc: Exception) -> Response:
    """400: the body is not a ring."""
    return refusal(400, exc.message if isinstance(exc, BadRing) else "")


def refused(_: Request, exc: Exception) -> Response:
    """408 or 413. After 408 the connection ends: whatever comes later is not a new request."""
    status, message = (exc.status, exc.message) if isinstance(exc, Refused) else (400, "")
    return refusal(status, message, {"Connection": "close"} if status == 408 else None)


def not_routed(_: Request, exc: Exception) -> Response:
    """404, or 405 with the methods that there are."""
    status, headers = (exc.status_code, exc.headers) if isinstance(exc, HTTPException) else (404, None)
    return refusal(status, SAID.get(status, "the request is not understood"), headers)


def gone(_: Request, exc: Exception) -> Response:
    """Return what nobody will read: the client has hung up, which is no error of ours and not worth a log line."""
    return Response(status_code=400)


HANDLERS = {BadRing: bad_ring, Refused: refused, HTTPException: not_routed, ClientDisconnect: gone}
