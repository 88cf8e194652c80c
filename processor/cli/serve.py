"""`import-jobs serve`: run the processor."""

import os

from processor.cli.environment import connected
from processor.problem import Problem


def serve() -> None:
    """Run the processor, from the environment alone."""
    from processor import log
    from processor.app import create_app
    from processor.config import BadEnvironment, from_environment
    from processor.surface import server
    from processor.surface.limits import Limits

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
    limits = Limits()
    server.run(create_app(config, limits), config.host, config.port, limits)
