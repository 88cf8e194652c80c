"""The worker: woken by NOTIFY, it sends the queue batch by batch, one transaction each."""

import asyncio
import logging
from collections.abc import Callable

import httpx
import psycopg

from processor.local.pgnet.batch import send_batch
from processor.local.pgnet.delivery import http_client

log = logging.getLogger(__name__)

# Shown in pg_stat_activity, and what tests look for.
WORKER_NAME = "pg_net stand-in"
LISTENER_NAME = "pg_net stand-in listener"
# The lock that net.check_worker_is_up() looks for; it keeps a second worker of one database waiting.
LOCK = "select pg_try_advisory_lock(1885826661, 1953723497)"
# A role's own time-outs must not end a batch that waits for a slow server.
SETTINGS = "-c statement_timeout=0 -c idle_in_transaction_session_timeout=0 -c idle_session_timeout=0"
# Seconds between attempts to connect, and to get the lock: short, because tests restart Postgres.
PAUSE = 0.2


async def serve(url: str, ready: Callable[[], None]) -> None:
    """Serve the queue of the database until cancelled, reconnecting for ever; call `ready` once, at first.

    Every connection begins with a look into the queue, since rings are not kept for one who was away.
    """
    told = False
    last = ""

    def tell() -> None:
        nonlocal told, last
        if not told:
            ready()
        told, last = True, ""

    async with http_client() as client:
        while True:
            try:
                await _serve_connected(url, client, tell)
            except* (psycopg.Error, OSError) as failures:
                # Once per outage and reason, not five times a second.
                if (reasons := _reasons(failures)) != last:
                    log.warning("database lost, trying again: %s", reasons)
                last = reasons
            await asyncio.sleep(PAUSE)


async def _serve_connected(url: str, client: httpx.AsyncClient, ready: Callable[[], None]) -> None:
    async with await _connect(url, WORKER_NAME) as conn, await _connect(url, LISTENER_NAME) as ears:
        while await (await conn.execute(LOCK)).fetchone() != (True,):
            await asyncio.sleep(PAUSE)
        await conn.set_autocommit(False)
        await ears.execute("listen pg_net_stand_in")
        rung = asyncio.Event()
        rung.set()
        ready()
        # Listening goes on during a batch: so a lost server ends the batch at once, not after its slowest request.
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(_listen(ears, rung))
            tasks.create_task(_send_when_rung(conn, url, client, rung))


async def _connect(url: str, name: str) -> psycopg.AsyncConnection:
    return await psycopg.AsyncConnection.connect(
        url, autocommit=True, application_name=name, options=SETTINGS, connect_timeout=5
    )


async def _listen(ears: psycopg.AsyncConnection, rung: asyncio.Event) -> None:
    async for _ in ears.notifies():
        rung.set()


async def _send_when_rung(
    conn: psycopg.AsyncConnection, url: str, client: httpx.AsyncClient, rung: asyncio.Event
) -> None:
    while await rung.wait():
        rung.clear()
        while await send_batch(conn, url, client):
            pass


def _reasons(failures: BaseExceptionGroup[BaseException]) -> str:
    # Names and SQLSTATEs only: a message of libpq may name hosts and users.
    return ", ".join(
        f"{type(failure).__name__} {getattr(failure, 'sqlstate', None) or ''}".strip()
        for failure in failures.exceptions
    )
