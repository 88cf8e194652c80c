"""Run the local Storage API: `python -m processor.local.storage_api`, with its settings in the environment."""

from __future__ import annotations

import os
import sys

import uvicorn

from processor.local.storage_api.app import create_app
from processor.local.storage_api.config import MissingVariable, Settings

# Downloads may be long; a stop should not wait for them.
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
