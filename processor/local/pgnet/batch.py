"""Sends one batch: up to 200 requests in one transaction, which ends when the slowest request has ended."""

import asyncio
from collections.abc import Sequence

import httpx
import psycopg
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from processor.local.pgnet.delivery import Request, Response, deliver
from processor.local.pgnet.faults import NO_FAULT, Fault, faults_for

# The defaults of pg_net.batch_size and pg_net.ttl.
BATCH_SIZE = 200
EXPIRE = """
delete from net._http_response where ctid in (
  select ctid from net._http_response where created < now() - interval '6 hours' order by created limit %s
)
"""
CONSUME = """
delete from net.http_request_queue as q
using (select id from net.http_request_queue order by id limit %s) as first
where q.id = first.id
returning q.id, q.method::text, q.url, q.body, q.timeout_milliseconds,
  array(select array[key, value] from jsonb_each_text(q.headers) where value is not null) as headers
"""
RECORD = """
insert into net._http_response (id, status_code, content_type, headers, content, timed_out, error_msg)
values (%s, %s, %s, %s, %s, %s, %s)
"""
# pg_net holds its snapshot during the whole batch, which holds back vacuum. An open cursor does the same here.
HOLD_SNAPSHOT = "declare pg_net_batch cursor for select 1"


async def send_batch(conn: psycopg.AsyncConnection, url: str, client: httpx.AsyncClient) -> bool:
    """Send one batch and delete expired responses; return whether there was anything to do.

    If the transaction is interrupted, the next worker sends the whole batch again.
    """
    async with conn.transaction():
        expired = await conn.execute(EXPIRE, (BATCH_SIZE,))
        requests = await _consume(conn)
        if requests:
            await conn.execute(HOLD_SNAPSHOT)
            faults = await faults_for(conn, url, requests)
            sending = [_send(client, request, faults.get(request.id, NO_FAULT)) for request in requests]
            await _record(conn, await asyncio.gather(*sending))
        return bool(requests) or expired.rowcount > 0


async def _consume(conn: psycopg.AsyncConnection) -> list[Request]:
    async with conn.cursor(row_factory=class_row(Request)) as cursor:
        await cursor.execute(CONSUME, (BATCH_SIZE,))
        return sorted(await cursor.fetchall(), key=lambda request: request.id)


async def _send(client: httpx.AsyncClient, request: Request, fault: Fault) -> Response | None:
    if fault.copies == 0:
        return None
    await asyncio.sleep(fault.delay)
    responses = await asyncio.gather(*(deliver(client, request) for _ in range(fault.copies)))
    return responses[-1]


async def _record(conn: psycopg.AsyncConnection, responses: Sequence[Response | None]) -> None:
    async with conn.cursor() as cursor:
        await cursor.executemany(RECORD, [_row(response) for response in responses if response is not None])


def _row(response: Response) -> tuple[object, ...]:
    return (
        response.id,
        response.status_code,
        response.content_type,
        None if response.headers is None else Jsonb(response.headers),
        response.content,
        response.timed_out,
        response.error_msg,
    )
