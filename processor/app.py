"""The HTTP surface: the doorbell and the two probes. It starts the worker and stops it; the work is done elsewhere."""

import hmac
import json
import threading
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

import psycopg
from psycopg_pool import ConnectionPool, PoolTimeout
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from processor import jobs
from processor.config import Config
from processor.connect import SETTINGS
from processor.storage import client
from processor.worker import Worker

PATH = "/process-import-jobs"
# A ring names at most 1,000 ids, which are 39 kB.
MAX_BODY = 64 * 1024
# How often a token that does not fit makes us look whether the database has a new one.
TOKEN_SECONDS = 5.0


class Doorkeeper:
    """Knows the doorbell's token: the environment's, else the database's, read again when it seems to have changed."""

    def __init__(self, token: str | None, read: Callable[[], str | None]) -> None:
        self._token, self._read = token, read
        self._fixed = token is not None
        self._next_read = 0.0
        self._lock = threading.Lock()

    def admits(self, header: str | None) -> bool:
        """Tell whether an Authorization header carries the token; takes the same time for every wrong one."""
        scheme, _, given = (header or "").partition(" ")
        if scheme.lower() != "bearer" or not given:
            return False
        return self._equals(given) or (self._refreshed() and self._equals(given))

    def _equals(self, given: str) -> bool:
        return self._token is not None and hmac.compare_digest(given.encode(), self._token.encode())

    def _refreshed(self) -> bool:
        with self._lock:
            if self._fixed or time.monotonic() < self._next_read:
                return False
            self._next_read = time.monotonic() + TOKEN_SECONDS
            try:
                self._token = self._read()
            except (psycopg.Error, PoolTimeout):
                return False
            return True


def create_app(config: Config) -> Starlette:
    """Build the application; its lifespan opens the pool and runs the worker."""
    pool: ConnectionPool = ConnectionPool(
        config.database_url,
        kwargs=dict(SETTINGS),
        min_size=1,
        max_size=config.max_jobs + 3,
        open=False,
        check=ConnectionPool.check_connection,
        name="processor",
    )
    http = client(config.supabase_url, config.secret_key)
    worker = Worker(config, pool, http)

    def read_token() -> str | None:
        with pool.connection(timeout=2.0) as conn:
            return jobs.wake_token(conn)

    doorkeeper = Doorkeeper(config.wake_token, read_token)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncGenerator[None]:
        pool.open()
        worker.start()
        yield
        await run_in_threadpool(worker.stop)
        http.close()
        pool.close()

    async def ring(request: Request) -> Response:
        if not await run_in_threadpool(doorkeeper.admits, request.headers.get("authorization")):
            return Response(status_code=401)
        body = await limited_body(request)
        if body is None:
            return Response(status_code=413)
        if not is_ring(body):
            return JSONResponse({"error": 'the body is {"job_ids": ["…"]}'}, status_code=400)
        worker.wake()
        return JSONResponse({"status": "accepted"}, status_code=202)

    async def health(_: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def ready(_: Request) -> Response:
        ready = worker.alive and await run_in_threadpool(answers, pool)
        return JSONResponse({"status": "ready" if ready else "not ready"}, status_code=200 if ready else 503)

    routes = [Route(PATH, ring, methods=["POST"]), Route("/health", health), Route("/ready", ready)]
    app = Starlette(routes=routes, lifespan=lifespan)
    app.router.redirect_slashes = False
    return app


async def limited_body(request: Request) -> bytes | None:
    """Read the body, None when it is larger than `MAX_BODY`."""
    body = bytearray()
    async for block in request.stream():
        body += block
        if len(body) > MAX_BODY:
            return None
    return bytes(body)


def is_ring(body: bytes) -> bool:
    """Tell whether a body is a ring: an object with nothing but `job_ids`, an array of texts; or nothing at all."""
    if not body.strip():
        return True
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return False
    return (
        isinstance(value, dict)
        and value.keys() <= {"job_ids"}  # pyright: ignore[reportUnknownMemberType]
        and isinstance(ids := value.get("job_ids", []), list)  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
        and all(isinstance(each, str) for each in ids)  # pyright: ignore[reportUnknownVariableType]
    )


def answers(pool: ConnectionPool) -> bool:
    """Tell whether the database answers within two seconds."""
    try:
        with pool.connection(timeout=2.0) as conn:
            conn.execute("select 1")
    except (psycopg.Error, PoolTimeout):
        return False
    return True
