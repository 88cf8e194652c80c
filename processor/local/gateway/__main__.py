"""Runs the gateway with its settings from the environment: `python -m processor.local.gateway`."""

from __future__ import annotations

import os
import sys

import uvicorn

from processor.local.gateway.app import create_app
from processor.local.gateway.config import Settings
from processor.local.storage_api.config import MissingVariable

# How long a stop waits for open downloads.
_GRACE_SECONDS = 2


def main() -> None:
    """Serve until SIGTERM or SIGINT."""
    try:
        settings = Settings.from_environment(os.environ)
    except MissingVariable as error:
        sys.exit(f"error: {error}")
    uvicorn.run(
        create_app(settings),
        host=settings.storage.host,
        port=settings.storage.port,
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=_GRACE_SECONDS,
    )


if __name__ == "__main__":
    main()
