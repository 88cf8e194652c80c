"""The web server and its settings: nothing on by default that is not needed."""

import uvicorn
from starlette.applications import Starlette

from processor.surface.limits import Limits
from processor.surface.protocol import doorway

# Requests are answered in milliseconds; the worker's own stop waits for the chunk in hand.
STOP_SECONDS = 5


def run(app: Starlette, host: str, port: int, limits: Limits) -> None:
    """Serve until SIGTERM."""
    uvicorn.run(
        app,
        host=host,
        port=port,
        http=doorway(limits),
        # A library for WebSockets comes with `supabase`, and uvicorn would use it, with answers of its own.
        ws="none",
        # Nothing here depends on who the client is, so X-Forwarded-For is not read.
        proxy_headers=False,
        server_header=False,
        log_config=None,
        # Its warnings are one line for each bad request, as many as anybody likes.
        log_level="error",
        access_log=False,
        h11_max_incomplete_event_size=limits.head_bytes,
        # Answered with 503 when every connection has a request in hand; idle ones make room before that.
        limit_concurrency=limits.connections + 1,
        timeout_keep_alive=limits.idle_seconds,
        timeout_graceful_shutdown=STOP_SECONDS,
    )
