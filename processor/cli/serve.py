"""`import-jobs serve`: run the processor."""

import os
from typing import TYPE_CHECKING

from processor.cli.environment import connected
from processor.problem import Problem

if TYPE_CHECKING:
    from processor.config import Config


def serve() -> None:
    """Run the processor, from the environment alone."""
    config = configured()
    check_database(config.database_url)

    # Only now: this brings Polars with it, 1.5 s that a wrong password need not wait for.
    from processor.app import create_app
    from processor.surface import server
    from processor.surface.limits import Limits

    limits = Limits()
    server.run(create_app(config, limits), config.host, config.port, limits)


def configured() -> "Config":
    """Read the environment, and set the log up as it says.

    Raises: Problem; it names variables and never repeats one.
    """
    from processor import log
    from processor.config import BadEnvironment, from_environment

    try:
        config = from_environment(os.environ)
        log.set_up(config.log_level)
    except BadEnvironment as exc:
        raise Problem(str(exc), "docs/configuration.md lists all variables") from exc
    except ValueError as exc:
        raise Problem("IMPORT_JOBS_LOG_LEVEL is not a level", "use DEBUG, INFO, WARNING or ERROR") from exc
    return config


def check_database(database_url: str) -> None:
    """Check that a processor can work there.

    Raises: Problem.
    """
    with connected(database_url) as conn:
        row = conn.execute(
            "select has_function_privilege('importer.claim_jobs(text, integer, integer)', 'execute')"
        ).fetchone()
    if not row or not row[0]:
        raise Problem("the role of DATABASE_URL may not claim jobs", "use import_processor's, or an administrator's")
