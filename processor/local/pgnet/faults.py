"""What net.stand_in_faults asks to go wrong with a request."""

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
    """Send `copies` times (0: lost), `delay` seconds late."""

    delay: float = 0
    copies: int = 1


NONE = Fault()


async def faults_for(conn: psycopg.AsyncConnection, url: str, requests: Sequence[Request]) -> dict[int, Fault]:
    """Take the faults of each request, by its id, in their order.

    Taking commits on a connection of its own: the batch's transaction may last minutes, and a test that
    adds or removes faults meanwhile must not wait for a row lock. It is opened only where there are faults.
    """
    found = await (await conn.execute(ANY)).fetchone()
    if found == (False,):
        return {}
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as taker:
        return {request.id: await _take(taker, request.url) for request in requests}


async def _take(taker: psycopg.AsyncConnection, url: str) -> Fault:
    taken: list[tuple[str, float]] = await (await taker.execute(TAKE, (url,))).fetchall()
    kinds = {kind for kind, _ in taken}
    copies = max((int(amount) for kind, amount in taken if kind == "repeat"), default=1)
    return Fault(
        delay=sum(amount for kind, amount in taken if kind == "delay"),
        copies=0 if "lose" in kinds else copies,
    )
