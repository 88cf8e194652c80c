"""The worker: when NOTIFY wakes it, it sends the queued requests in batches, each in one transaction."""

import asyncio
import contextlib
import logging
from collections.abc import Callable

import httpx
import psycopg

from processor.local.pgnet.batch import send_batch
from processor.local.pgnet.delivery import http_client

log = logging.getLogger(__name__)

# Shown in pg_stat_activity; tests look for these names.
WORKER_NAME = "pg_net stand-in"
LISTENER_NAME = "pg_net stand-in listener"
# The lock that net.check_worker_is_up() looks for. A second worker of the same database waits for it.
LOCK = "select pg_try_advisory_lock(1885826661, 1953723497)"
# Time-outs set for the role must not end a batch that waits for a slow server.
SETTINGS = "-c statement_timeout=0 -c idle_in_transaction_session_timeout=0 -c idle_session_timeout=0"
# How long pg_net rests between two batches; a request in this time waits.
PAUSE_SECONDS = 1.0
# How long pg_net takes from a commit to its batch, and how often to look without a notification.
START_SECONDS, LOOK_SECONDS = 0.04, 0.5
# Pause between attempts to connect and to get the lock. It is short because tests restart Postgres.
RETRY_SECONDS = 0.2


async def serve(url: str, ready: Callable[[], None], stopped: asyncio.Event, pause: float = PAUSE_SECONDS) -> None:
    """Serve the queue of the database until cancelled; call `ready` after the first connection.

    Set `stopped` before the cancellation: a connection that fails meanwhile replaces it by an error of its own.
    It rests for `pause` seconds after each batch, whatever is queued meanwhile.
    A lost connection is opened again without limit. Notifications sent in the meantime are lost, so every new
    connection begins by looking into the queue.
    """
    reported_ready = False
    last_reasons = ""

    def on_connected() -> None:
        nonlocal reported_ready, last_reasons
        if not reported_ready:
            ready()
        reported_ready, last_reasons = True, ""

    async with http_client() as client:
        while not stopped.is_set():
            try:
                await _serve_connected(url, client, on_connected, pause)
            except* (psycopg.Error, OSError) as failures:
                # Logged once per outage and reason instead of five times a second.
                if (reasons := _reasons(failures)) != last_reasons:
                    log.warning("database connection lost, reconnecting: %s", reasons)
                last_reasons = reasons
            await asyncio.sleep(RETRY_SECONDS)


async def _serve_connected(url: str, client: httpx.AsyncClient, ready: Callable[[], None], pause: float) -> None:
    async with await _connect(url, WORKER_NAME) as conn, await _connect(url, LISTENER_NAME) as listener:
        while await (await conn.execute(LOCK)).fetchone() != (True,):
            await asyncio.sleep(RETRY_SECONDS)
        await conn.set_autocommit(False)
        await listener.execute("listen pg_net_stand_in")
        notified = asyncio.Event()
        notified.set()
        ready()
        # The worker also listens during a batch, so that the loss of the server ends the batch at once.
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(_listen(listener, notified))
            tasks.create_task(_send_when_notified(conn, url, client, notified, pause))


async def _connect(url: str, name: str) -> psycopg.AsyncConnection:
    return await psycopg.AsyncConnection.connect(
        url, autocommit=True, application_name=name, options=SETTINGS, connect_timeout=5
    )


async def _listen(listener: psycopg.AsyncConnection, notified: asyncio.Event) -> None:
    async for _ in listener.notifies():
        notified.set()


async def _send_when_notified(
    conn: psycopg.AsyncConnection, url: str, client: httpx.AsyncClient, notified: asyncio.Event, pause: float
) -> None:
    while True:
        # Not asyncio.wait_for: in Python 3.11 it can lose a cancellation that comes together with the notification.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LOOK_SECONDS):
                await notified.wait()
            await asyncio.sleep(min(pause, START_SECONDS))
        notified.clear()
        while await send_batch(conn, url, client):
            await asyncio.sleep(pause)


def _reasons(failures: BaseExceptionGroup[BaseException]) -> str:
    # Class names and SQLSTATEs only, because a message of libpq may contain hosts and users.
    return ", ".join(
        f"{type(failure).__name__} {getattr(failure, 'sqlstate', None) or ''}".strip()
        for failure in failures.exceptions
    )
