"""The application: which service a path belongs to, and who may ask it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from processor.local.gateway import proxy
from processor.local.gateway.config import Settings
from processor.local.gateway.keys import authorization
from processor.local.storage_api.app import create_app as create_storage
from processor.local.storage_api.errors import GatewayError

_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
# What supabase-js reads of the responses of PostgREST and Auth.
_EXPOSED = [
    *("content-range", "content-location", "content-profile", "location", "range-unit", "preference-applied"),
    *("x-total-count", "link", "x-supabase-api-version", "x-sb-error-code"),
]


def create_app(settings: Settings) -> ASGIApp:
    """Build the application, which starts without the services behind it."""
    storage, services = create_storage(settings.storage), _services(settings)

    async def gateway(scope: Scope, receive: Receive, send: Send) -> None:
        # What the client wrote, because that is passed on.
        passed_on = scope["type"] == "http" and scope["raw_path"].startswith((b"/rest/v1/", b"/auth/v1/"))
        await (services if passed_on else storage)(scope, receive, send)

    return gateway


def _services(settings: Settings) -> Starlette:
    cors = Middleware(
        CORSMiddleware,
        allow_origins=["*"],
        allow_methods=_METHODS,
        allow_headers=["*"],
        expose_headers=_EXPOSED,
        max_age=3600,
    )
    return Starlette(
        routes=[
            Route("/rest/v1/{path:path}", _endpoint(settings, "the Data API", settings.rest_url), methods=_METHODS),
            Route("/auth/v1/{path:path}", _endpoint(settings, "Auth", settings.auth_url), methods=_METHODS),
        ],
        middleware=[cors],
        exception_handlers={GatewayError: _refused},
    )


def _endpoint(settings: Settings, service: str, base: str | None) -> Callable[[Request], Awaitable[Response]]:
    http = proxy.client()

    async def endpoint(request: Request) -> Response:
        if base is None:
            return proxy.unavailable(f"the stack runs without {service}", "Start it with import-jobs stack up.")
        # What is behind would resolve them, and so serve another path than the one that is checked here.
        if {".", ".."} & set(request.scope["path"].split("/")):
            return JSONResponse({"message": "no Route matched with those values"}, 404)
        token = authorization(request.url.path, request.headers, request.query_params, settings.storage)
        return await proxy.forward(http, request, base + _rest_of_url(request), service, token)

    return endpoint


def _rest_of_url(request: Request) -> str:
    """Return what follows /rest/v1 or /auth/v1, as the client wrote it, without the API key."""
    path = request.scope["raw_path"].decode("ascii").split("/", 3)[3]
    pairs = request.scope["query_string"].decode("latin-1").split("&")
    query = "&".join(pair for pair in pairs if not pair.startswith("apikey="))
    return f"/{path}?{query}" if query else f"/{path}"


async def _refused(_request: Request, error: Exception) -> Response:
    assert isinstance(error, GatewayError)  # noqa: S101 - how Starlette types its handlers
    return JSONResponse({"message": error.message, "hint": error.hint}, 401)
