"""Runs the stand-in for pg_net on the database of PGNET_DATABASE_URL until SIGTERM or SIGINT.

PGNET_PAUSE_SECONDS shortens its pause between batches, for tests.
"""

import asyncio
import contextlib
import logging
import os
import signal
import sys

from processor.local.pgnet.worker import PAUSE_SECONDS, serve


def report_ready() -> None:
    """Print the line for which the parent process waits."""
    print("ready", flush=True)


async def main(url: str, pause: float) -> None:
    """Serve until a signal cancels; the current batch is then rolled back and sent again by the next worker."""
    stopped = asyncio.Event()
    serving = asyncio.create_task(serve(url, report_ready, stopped, pause))

    def stop() -> None:
        stopped.set()
        serving.cancel()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    with contextlib.suppress(asyncio.CancelledError):
        await serving


if __name__ == "__main__":
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)  # at INFO it logs the URL of every request
    database_url = os.environ.get("PGNET_DATABASE_URL")
    if not database_url:
        sys.exit("error: PGNET_DATABASE_URL is not set — Set it to the URL of the database to serve.")
    asyncio.run(main(database_url, float(os.environ.get("PGNET_PAUSE_SECONDS") or PAUSE_SECONDS)))
