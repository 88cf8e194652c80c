"""One batch: at most 200 requests in one transaction, which ends when the slowest of them has."""

import asyncio
from collections.abc import Sequence

import httpx
import psycopg
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from processor.local.pgnet.delivery import Request, Response, deliver
from processor.local.pgnet.faults import NONE, Fault, faults_for

# pg_net.batch_size and pg_net.ttl of a server that sets neither.
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
# pg_net keeps its snapshot for the whole batch; an open cursor is what keeps one between statements,
# so that vacuum is held back here exactly as it is there.
HOLD_SNAPSHOT = "declare pg_net_batch cursor for select 1"


async def send_batch(conn: psycopg.AsyncConnection, url: str, client: httpx.AsyncClient) -> bool:
    """Serve one batch; false when there was nothing to do. Interrupted, it is all sent again later."""
    async with conn.transaction():
        expired = await conn.execute(EXPIRE, (BATCH_SIZE,))
        requests = await _consume(conn)
        if requests:
            await conn.execute(HOLD_SNAPSHOT)
            faults = await faults_for(conn, url, requests)
            sent = [_send(client, request, faults.get(request.id, NONE)) for request in requests]
            await _record(conn, await asyncio.gather(*sent))
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
