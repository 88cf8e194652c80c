"""The application: the routes of /storage/v1, in the order in which they are matched, and the error handlers."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route

from processor.local.storage_api import buckets, downloads, objects, signing, uploads
from processor.local.storage_api.bodies import read_json
from processor.local.storage_api.callers import identify
from processor.local.storage_api.config import Settings
from processor.local.storage_api.database import Database
from processor.local.storage_api.errors import GatewayError, StorageError
from processor.local.storage_api.files import Files
from processor.local.storage_api.services import Call, Identify, Services, build_call, skip_identification
from processor.local.storage_api.tus import routes as resumable
from processor.local.storage_api.tus.locks import Locks
from processor.local.storage_api.tus.protocol import EXPOSED_HEADERS
from processor.local.storage_api.tus.store import UploadStore

Endpoint = Callable[[Request], Awaitable[Response]]


def create_app(settings: Settings) -> Starlette:
    """Build the application. It starts without Postgres and answers 5xx until it can connect."""
    database = Database(settings.database_url)
    unfinished = UploadStore(settings.root / "resumable", settings.upload_expiry_seconds)
    services = Services(settings, database, Files(settings.root), unfinished, Locks())

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncGenerator[None]:
        database.open()
        yield
        await run_in_threadpool(database.close)

    routes = [*_health(), *_buckets(), *resumable.routes(), *_objects()]
    app = Starlette(
        routes=[*_health(), Mount("/storage/v1", routes=routes)],
        middleware=[
            Middleware(
                CORSMiddleware,
                allow_origins=["*"],
                allow_methods=["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"],
                allow_headers=["*"],
                expose_headers=["content-range", "etag", "content-length", "last-modified", *EXPOSED_HEADERS],
            )
        ],
        exception_handlers={
            StorageError: _storage_error,
            GatewayError: _gateway_error,
            HTTPException: _no_route,
            Exception: _internal_error,
        },
        lifespan=lifespan,
    )
    app.state.services = services
    return app


def _health() -> list[Route]:
    async def health(_request: Request) -> Response:
        return JSONResponse({"healthy": True})

    return [Route(path, health, methods=["GET"]) for path in ("/health", "/status")]


def _buckets() -> list[Route]:
    def to(run: Callable[[Call], object], operation: str) -> Endpoint:
        return _json(run, f"storage.bucket.{operation}")

    return [
        *(Route(path, to(buckets.create, "create"), methods=["POST"]) for path in ("/bucket", "/bucket/")),
        *(Route(path, to(buckets.list_all, "list"), methods=["GET"]) for path in ("/bucket", "/bucket/")),
        Route("/bucket/{bucket}/empty", to(buckets.empty, "empty"), methods=["POST"]),
        Route("/bucket/{bucket}", to(buckets.get, "get"), methods=["GET"]),
        Route("/bucket/{bucket}", to(buckets.update, "update"), methods=["PUT"]),
        Route("/bucket/{bucket}", to(buckets.delete, "delete"), methods=["DELETE"]),
    ]


def _objects() -> list[Route]:
    def to(run: Callable[[Call], object], operation: str, who: Identify = identify) -> Endpoint:
        return _json(run, f"storage.object.{operation}", who)

    one = "{bucket}/{name:path}"
    upload_sign, sign = f"/object/upload/sign/{one}", f"/object/sign/{one}"
    return [
        Route(upload_sign, to(signing.sign_upload_url, "sign_upload_url"), methods=["POST"]),
        Route(upload_sign, uploads.create_signed, methods=["PUT"]),
        Route(sign, to(signing.sign_one, "sign"), methods=["POST"]),
        Route(sign, downloads.signed, methods=["GET"]),
        Route("/object/sign/{bucket}", to(signing.sign_many, "sign_many"), methods=["POST"]),
        Route(f"/object/public/{one}", downloads.public, methods=["GET"]),
        Route(f"/object/authenticated/{one}", downloads.authenticated, methods=["GET"]),
        Route(
            f"/object/info/public/{one}",
            to(objects.public_info, "info_public", skip_identification),
            methods=["GET"],
        ),
        *(
            Route(path, to(objects.info, "info_authenticated"), methods=["GET"])
            for path in (f"/object/info/authenticated/{one}", f"/object/info/{one}")
        ),
        Route("/object/list/{bucket}", to(objects.list_folder, "list"), methods=["POST"]),
        Route("/object/move", to(objects.move, "move"), methods=["POST"]),
        Route("/object/copy", to(objects.copy, "copy"), methods=["POST"]),
        Route("/object/{bucket}", to(objects.delete_many, "delete_many"), methods=["DELETE"]),
        Route(f"/object/{one}", to(objects.delete_one, "delete"), methods=["DELETE"]),
        Route(f"/object/{one}", downloads.plain, methods=["GET"]),
        Route(f"/object/{one}", uploads.create, methods=["POST"]),
        Route(f"/object/{one}", uploads.replace, methods=["PUT"]),
    ]


def _json(run: Callable[[Call], object], operation: str, who: Identify = identify) -> Endpoint:
    """Return an endpoint that reads JSON, runs `run` in a thread and writes its result as JSON."""

    async def endpoint(request: Request) -> Response:
        body = await read_json(request)
        return JSONResponse(await run_in_threadpool(lambda: run(build_call(request, operation, who, body))))

    return endpoint


async def _storage_error(_request: Request, error: Exception) -> Response:
    assert isinstance(error, StorageError)  # noqa: S101 - how Starlette types its handlers
    return JSONResponse(error.body(), error.http_status)


async def _gateway_error(_request: Request, error: Exception) -> Response:
    assert isinstance(error, GatewayError)  # noqa: S101 - how Starlette types its handlers
    return JSONResponse({"message": error.message, "hint": error.hint}, 401)


async def _no_route(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - how Starlette types its handlers
    message = f"Route {request.method}:{request.url.path} not found"
    return JSONResponse({"message": message, "error": "Not Found", "statusCode": 404}, 404)


async def _internal_error(_request: Request, _error: Exception) -> Response:
    return JSONResponse({"statusCode": "500", "error": "Internal", "message": "Internal Server Error"}, 500)
