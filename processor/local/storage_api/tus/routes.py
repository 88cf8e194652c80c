"""The routes of resumable uploads: with a caller at /upload/resumable, with a signature at /upload/resumable/sign."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from processor.local.storage_api.bodies import BodyStream
from processor.local.storage_api.callers import identify
from processor.local.storage_api.errors import StorageError
from processor.local.storage_api.services import build_call, skip_identification
from processor.local.storage_api.tus import handlers, protocol
from processor.local.storage_api.tus.handlers import Exchange
from processor.local.storage_api.tus.protocol import TusError
from processor.local.storage_api.tus.receiving import Aborted

_BASE = "/upload/resumable"
# The status that web servers log for a client that disconnected; nobody receives it.
_CLIENT_CLOSED_REQUEST = 499

Handler = Callable[[Exchange], Awaitable[Response]]


def routes() -> list[Route]:
    """Return the routes, the signed ones first: "sign" is no id of an upload."""
    return [*_routes(f"{_BASE}/sign", signed=True), *_routes(_BASE, signed=False)]


def _routes(base: str, *, signed: bool) -> list[Route]:
    def to(handler: Handler, operation: str) -> Callable[[Request], Awaitable[Response]]:
        return _endpoint(handler, f"storage.tus.{operation}{'_signed' if signed else ''}", signed=signed)

    create, options = (
        to(handlers.create, "upload.create"),
        _endpoint(handlers.options, "storage.tus.options", signed=True),
    )
    one = base + "/{upload}"
    return [
        *(Route(path, create, methods=["POST"]) for path in (base, base + "/")),
        *(Route(path, options, methods=["OPTIONS"]) for path in (base, base + "/", one)),
        Route(one, to(handlers.append, "upload.part"), methods=["PATCH"]),
        Route(one, to(handlers.offset, "upload.get"), methods=["HEAD"]),
        Route(one, to(handlers.terminate, "upload.delete"), methods=["DELETE"]),
    ]


def _endpoint(handler: Handler, operation: str, *, signed: bool) -> Callable[[Request], Awaitable[Response]]:
    """Return an endpoint whose errors are plain texts; those of the caller's key or token remain JSON."""

    async def endpoint(request: Request) -> Response:
        identification = skip_identification if signed else identify
        call = await run_in_threadpool(build_call, request, operation, identification)
        stream = BodyStream(request)
        try:
            response = await _answer(handler, Exchange(request, call, stream, signed))
        except ClientDisconnect:
            return Response(status_code=_CLIENT_CLOSED_REQUEST)
        response.headers["Tus-Resumable"] = protocol.VERSION
        return response

    return endpoint


async def _answer(handler: Handler, exchange: Exchange) -> Response:
    try:
        if exchange.request.method != "OPTIONS":
            protocol.check_headers(exchange.request.method, exchange.request.headers)
        return await handler(exchange)
    except Aborted as error:
        return PlainTextResponse(error.text, error.status, headers={"Connection": "close"})
    except (TusError, StorageError) as error:
        # A client that is still sending does not read a response, so the rest of the body is received first.
        await exchange.stream.drain()
        is_tus = isinstance(error, TusError)
        return PlainTextResponse(error.text if is_tus else error.message, error.status)
