"""The ASGI application: the doorbell, the two probes, the page, and a lifespan that starts and stops the worker."""

import logging
import threading
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import psycopg
from psycopg_pool import ConnectionPool, PoolTimeout
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from processor import traces
from processor.config import Config
from processor.database.connection import SETTINGS, check, configure_session
from processor.http.body import limited_body
from processor.http.cached_probe import CachedProbe
from processor.http.error_responses import HANDLERS
from processor.http.limits import ServerLimits
from processor.http.metrics import metrics_server
from processor.http.page import page_routes
from processor.http.ring import RING_HEADER, check_ring, ring_number
from processor.http.token_auth import TokenAuth
from processor.log import event
from processor.queue import sweep
from processor.storage import Downloads
from processor.worker.connections import Pools
from processor.worker.worker import Worker

PATH = "/process-import-jobs"
# How long the result of the database probe is reused.
READY_SECONDS = 1.0
# How long a pool tries to connect before it waits for its next use, which the dispatcher makes every 2 s. The pauses
# between the attempts double: with the default of 300 s a database that was down for a minute was missed for another.
RECONNECT_SECONDS = 3.0
# How long a session may be idle before it is closed, so that those of both pools are not kept open.
IDLE_SECONDS = 60.0
READY = """
select current_setting('transaction_read_only') = 'off'
  and has_function_privilege('importer.claim_jobs(text, integer, integer, integer)', 'execute')
"""


def create_app(config: Config, limits: ServerLimits, idle: threading.Event | None = None) -> Starlette:
    """Return the application. Its lifespan opens the connection pool and runs the worker, which may set `idle`."""
    pool, uploader = connection_pools(config)
    pools = [one for one in (pool, uploader) if one is not None]
    downloads = Downloads(config.supabase_url, config.secret_key)
    worker = Worker(config, Pools(pool, uploader), downloads, idle or threading.Event())
    metrics = metrics_server(config, worker, pools)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncGenerator[None]:
        for one in pools:
            one.open()
        worker.start()
        if metrics:
            metrics.start()
        yield
        await run_in_threadpool(worker.stop)
        await run_in_threadpool(traces.flush)
        if metrics:
            await run_in_threadpool(metrics.stop)
        downloads.close()
        for one in pools:
            one.close()

    routes = [
        doorbell(TokenAuth(config.wake_token, lambda: read_token(pool)), limits, worker),
        *probes(worker, pool),
        *page_routes(config),
    ]
    app = Starlette(routes=routes, lifespan=lifespan, exception_handlers=HANDLERS)
    app.router.redirect_slashes = False
    return app


def connection_pools(config: Config) -> tuple[ConnectionPool, ConnectionPool | None]:
    """Return the pools of the processor's sessions and of the uploader's, not open yet.

    No more of both are in use at once than the first pool may hold; those that are idle are closed after some time.
    """

    def pool(name: str, url: str, least: int, most: int) -> ConnectionPool:
        return ConnectionPool(
            url,
            kwargs=dict(SETTINGS),
            min_size=least,
            max_size=most,
            max_idle=IDLE_SECONDS,
            reconnect_timeout=RECONNECT_SECONDS,
            open=False,
            check=check,
            configure=configure_session,
            name=name,
        )

    processor = pool("processor", config.database_url, 1, config.max_connections)
    if config.uploader_database_url is None:
        return processor, None
    return processor, pool("uploader", config.uploader_database_url, 0, config.job_connections)


def doorbell(auth: TokenAuth, limits: ServerLimits, worker: Worker) -> Route:
    """Return the route that wakes the worker.

    A request without the token gets an empty 401 before any of its body is read.
    """

    async def ring(request: Request) -> Response:
        if not await auth.accepts(authorization(request)):
            return Response(status_code=401)
        check_ring(await limited_body(request, limits), limits.job_ids)
        worker.ring(ring_number(request.headers.get(RING_HEADER, "")))
        return JSONResponse({"status": "accepted"}, status_code=202)

    return Route(PATH, ring, methods=["POST"])


def probes(worker: Worker, pool: ConnectionPool) -> list[Route]:
    """Return the routes that tell an orchestrator whether the process is alive, and whether it can work."""
    database = CachedProbe(lambda: database_answers(pool), READY_SECONDS, default=False)

    async def health(_: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def ready(_: Request) -> Response:
        ready = worker.alive and await database()
        return JSONResponse({"status": "ready" if ready else "not ready"}, status_code=200 if ready else 503)

    return [Route("/health", health), Route("/ready", ready)]


def authorization(request: Request) -> list[bytes]:
    """Return all Authorization headers of a request. Starlette's `headers.get` returns only the first."""
    return [value for name, value in request.headers.raw if name == b"authorization"]


def read_token(pool: ConnectionPool) -> str | None:
    """Return the doorbell's token from the database, or None, which matches no token, when it cannot be read."""
    try:
        with pool.connection(timeout=2.0) as conn:
            return sweep.wake_token(conn)
    except (psycopg.Error, PoolTimeout) as exc:
        event("wake_token_unknown", logging.WARNING, exception=type(exc).__name__)
        return None


def database_answers(pool: ConnectionPool) -> bool:
    """Return whether the database has our functions and can be written.

    It cannot on a standby, and where `default_transaction_read_only` is on: Supabase sets it when the disk is full.
    """
    try:
        with pool.connection(timeout=2.0) as conn:
            row = conn.execute(READY).fetchone()
    except (psycopg.Error, PoolTimeout):
        return False
    return row == (True,)
