"""`import-jobs serve`: run the processor."""

import os

from processor.cli.environment import connected
from processor.problem import Problem


def serve() -> None:
    """Run the processor, from the environment alone."""
    import uvicorn

    from processor import log
    from processor.app import create_app
    from processor.config import BadEnvironment, from_environment

    try:
        config = from_environment(os.environ)
        log.set_up(config.log_level)
    except BadEnvironment as exc:
        raise Problem(str(exc), "docs/configuration.md lists all variables") from exc
    except ValueError as exc:
        raise Problem("IMPORT_JOBS_LOG_LEVEL is not a level", "use DEBUG, INFO, WARNING or ERROR") from exc
    with connected(config.database_url) as conn:
        row = conn.execute(
            "select has_function_privilege('importer.claim_jobs(text, integer, integer)', 'execute')"
        ).fetchone()
    if not row or not row[0]:
        raise Problem("the role of DATABASE_URL may not claim jobs", "use import_processor's, or an administrator's")
    uvicorn.run(
        create_app(config),
        host=config.host,
        port=config.port,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=10,
        # Requests are answered in milliseconds; the worker's own stop waits for the chunk in hand.
        timeout_graceful_shutdown=5,
    )
