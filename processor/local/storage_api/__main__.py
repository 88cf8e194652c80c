"""Runs the local Storage API with its settings from the environment: `python -m processor.local.storage_api`."""

from __future__ import annotations

import os
import sys

import uvicorn

from processor.local.storage_api.app import create_app
from processor.local.storage_api.config import MissingVariable, Settings

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
        host=settings.host,
        port=settings.port,
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=_GRACE_SECONDS,
    )


if __name__ == "__main__":
    main()
