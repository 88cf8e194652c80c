"""Error responses: a status, and a JSON body with code, message and hint. 401 has no body."""

import json
from collections.abc import Mapping

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from processor.errors import BadRing

# Messages for the errors that Starlette's router raises.
ROUTER_MESSAGES = {404: "the path does not exist", 405: "the path does not support this method"}


class BadRequest(Exception):
    """A request that ends with `status` (408 or 413). The message repeats nothing of the request."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status, self.message = status, message


def error_body(message: str) -> dict[str, str]:
    """Return the body of an error response."""
    return {"code": BadRing.code, "message": message, "hint": BadRing.hint}


def encoded_error_body(message: str) -> bytes:
    """Return the body as JSON, for errors that occur before there is a request."""
    return json.dumps(error_body(message)).encode()


def error_response(status: int, message: str, headers: Mapping[str, str] | None = None) -> Response:
    """Return an error response."""
    return JSONResponse(error_body(message), status_code=status, headers=dict(headers or {}))


def bad_ring(_: Request, exc: Exception) -> Response:
    """Respond with 400 to a body that is not a ring."""
    return error_response(400, exc.message if isinstance(exc, BadRing) else "")


def bad_request(_: Request, exc: Exception) -> Response:
    """Respond with 408 or 413. After 408 the connection is closed: what arrives later is not a new request."""
    status, message = (exc.status, exc.message) if isinstance(exc, BadRequest) else (400, "")
    return error_response(status, message, {"Connection": "close"} if status == 408 else None)


def router_error(_: Request, exc: Exception) -> Response:
    """Respond with 404, or with 405 and the allowed methods."""
    status, headers = (exc.status_code, exc.headers) if isinstance(exc, HTTPException) else (404, None)
    return error_response(status, ROUTER_MESSAGES.get(status, "bad request"), headers)


def disconnected(_: Request, exc: Exception) -> Response:
    """Return a response that nobody reads: the client has disconnected, which is not worth a line in the log."""
    return Response(status_code=400)


HANDLERS = {BadRing: bad_ring, BadRequest: bad_request, HTTPException: router_error, ClientDisconnect: disconnected}
