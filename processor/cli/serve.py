"""`import-jobs serve`: run the processor."""

import os
from typing import TYPE_CHECKING

from processor.cli.environment import connected
from processor.errors import UserError

if TYPE_CHECKING:
    from processor.config import Config


def serve() -> None:
    """Run the processor, from the environment alone."""
    config = configured()
    check_database(config.database_url)

    # Only now: this brings Polars with it, 1.5 s that a wrong password need not wait for.
    from processor.http import server
    from processor.http.app import create_app
    from processor.http.limits import ServerLimits

    limits = ServerLimits()
    server.run(create_app(config, limits), config.host, config.port, limits)


def configured() -> "Config":
    """Read the environment, and set the log up as it says.

    Raises: UserError; it names variables and never repeats one.
    """
    from processor import log
    from processor.config import BadEnvironment, from_environment

    try:
        config = from_environment(os.environ)
        log.set_up(config.log_level)
    except BadEnvironment as exc:
        raise UserError(str(exc), "docs/configuration.md lists all variables") from exc
    except ValueError as exc:
        raise UserError("IMPORT_JOBS_LOG_LEVEL is not a level", "use DEBUG, INFO, WARNING or ERROR") from exc
    return config


def check_database(database_url: str) -> None:
    """Check that a processor can work there.

    Raises: UserError.
    """
    with connected(database_url) as conn:
        row = conn.execute(
            "select has_function_privilege('importer.claim_jobs(text, integer, integer)', 'execute')"
        ).fetchone()
    if not row or not row[0]:
        raise UserError("the role of DATABASE_URL may not claim jobs", "use import_processor's, or an administrator's")
