"""The pg_net stand-in as a process: serves the database of PGNET_DATABASE_URL until SIGTERM or SIGINT."""

import asyncio
import contextlib
import logging
import os
import signal
import sys

from processor.local.pgnet.worker import serve


def ready() -> None:
    """Tell whoever started us, who reads standard output."""
    print("ready", flush=True)


async def main(url: str) -> None:
    """Serve until a signal cancels; the batch in hand is then rolled back and sent again by the next worker."""
    serving = asyncio.create_task(serve(url, ready))
    loop = asyncio.get_running_loop()
    for sign in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(sign, serving.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await serving


if __name__ == "__main__":
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)  # one line per request, with its URL
    database_url = os.environ.get("PGNET_DATABASE_URL")
    if not database_url:
        sys.exit("error: PGNET_DATABASE_URL is not set — give it the URL of the database to serve")
    asyncio.run(main(database_url))
