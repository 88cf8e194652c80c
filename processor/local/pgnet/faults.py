"""The faults of net.stand_in_faults: requests that are delayed, repeated or lost."""

from collections.abc import Sequence
from dataclasses import dataclass

import psycopg

from processor.local.pgnet.delivery import Request

ANY = "select exists (select from net.stand_in_faults where remaining is distinct from 0)"
TAKE = """
update net.stand_in_faults set remaining = remaining - 1
where %s like url_like and remaining is distinct from 0
returning kind, amount::float8
"""


@dataclass(frozen=True, slots=True)
class Fault:
    """What happens to a request: it is sent `copies` times (0: lost), `delay` seconds late."""

    delay: float = 0
    copies: int = 1


NO_FAULT = Fault()


async def faults_for(conn: psycopg.AsyncConnection, url: str, requests: Sequence[Request]) -> dict[int, Fault]:
    """Return the fault of each request by the id of the request, and count it in `remaining`.

    The count is committed on a connection of its own, which is opened only when there are faults. The batch's
    transaction may last minutes, and a test that adds or deletes faults must not wait for its row locks.
    """
    row = await (await conn.execute(ANY)).fetchone()
    if row == (False,):
        return {}
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as counting:
        return {request.id: await _take(counting, request.url) for request in requests}


async def _take(conn: psycopg.AsyncConnection, url: str) -> Fault:
    taken: list[tuple[str, float]] = await (await conn.execute(TAKE, (url,))).fetchall()
    kinds = {kind for kind, _ in taken}
    copies = max((int(amount) for kind, amount in taken if kind == "repeat"), default=1)
    return Fault(
        delay=sum(amount for kind, amount in taken if kind == "delay"),
        copies=0 if "lose" in kinds else copies,
    )
