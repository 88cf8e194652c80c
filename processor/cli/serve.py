"""`import-jobs serve`: run the processor."""

import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import psycopg
import typer

from processor.cli.connection import connected
from processor.database.sqlstates import is_not_up, user_error
from processor.errors import UserError

if TYPE_CHECKING:
    from processor.config import Config


IDLE_HELP = "End when no job is left and none came for so long. Without it the processor runs until it is stopped."


def serve(
    exit_when_idle: Annotated[int | None, typer.Option(metavar="SECONDS", min=1, help=IDLE_HELP)] = None,
) -> None:
    """Run the processor. All other settings come from the environment."""
    from processor.doctor.start import log_problems

    config = replace(configured(), idle_seconds=exit_when_idle)
    if database_answers(config.database_url):
        config = check_database(config)
        if config.uploader_database_url is not None:
            check_uploader(config.uploader_database_url)
        log_problems(config)

    check_storage(config)

    from processor.http import server
    from processor.http.limits import ServerLimits

    begin_traces(config)
    server.check_address(config.host, config.port)
    if config.metrics_port is not None:
        server.check_address(config.host, config.metrics_port, "IMPORT_JOBS_METRICS_PORT")

    # Imported after all checks, because it imports Polars, which takes 1.5 s.
    from processor.http.app import create_app

    limits, idle = ServerLimits(), threading.Event()
    while True:
        server.run(create_app(config, limits, idle), config.host, config.port, limits, idle.is_set)
        if not (idle.is_set() and work_came(config.database_url)):
            return
        idle.clear()


def begin_traces(config: "Config") -> None:
    """Send traces from now on, if the environment asks for them.

    Raises: UserError when OpenTelemetry is not installed.
    """
    if config.trace_exporters:
        from processor import traces
        from processor.config import pass_on_telemetry_variables

        pass_on_telemetry_variables()
        traces.set_up(config.trace_exporters)


def work_came(database_url: str) -> bool:
    """Return whether a job came after the decision to end, whose ring was answered while the server closed.

    Later rings find no listener, so a host that starts processors starts the next one.
    """
    from processor.log import event
    from processor.queue.sweep import work_is_left

    try:
        with psycopg.connect(database_url, connect_timeout=10, autocommit=True) as conn:
            came = work_is_left(conn, 0)
    except psycopg.Error:
        return False  # the job is pending, and the next processor takes it
    if came:
        event("work_came")
    return came


def check_storage(config: "Config") -> None:
    """Check that the key opens the bucket of imports. If Storage or the bucket is not there yet, say so.

    Raises: UserError for a key or a URL with which every job would fail.
    """
    import logging

    from processor.errors import SourceRefused
    from processor.log import event
    from processor.storage.key_check import key_error

    error = key_error(config.supabase_url, config.secret_key)
    if isinstance(error, SourceRefused):
        raise UserError(error.message, "Check SUPABASE_SECRET_KEY and SUPABASE_URL.", code="IJ131")
    if error is not None:
        event("storage_not_ready", logging.WARNING, code=error.code, reason=error.message)


def configured() -> "Config":
    """Return the settings of the processor, and set up logging.

    Raises: BadEnvironment, UserError. Messages name variables and never repeat a value.
    """
    from processor import log
    from processor.config import VARIABLES_HINT, from_environment

    config = from_environment()
    try:
        log.set_up(config.log_level)
    except ValueError as exc:
        raise UserError(
            "IMPORT_JOBS_LOG_LEVEL is not a log level", f"Use DEBUG, INFO, WARNING or ERROR. {VARIABLES_HINT}"
        ) from exc
    return config


def database_answers(database_url: str) -> bool:
    """Return whether the server accepts connections. If it is not up yet, say so; the processor waits for it.

    Raises: UserError when waiting would not help.
    """
    import logging

    from processor.log import event

    try:
        psycopg.connect(database_url, connect_timeout=10).close()
    except psycopg.Error as exc:
        if not is_not_up(exc):
            raise user_error(exc) from exc
        event("waiting_for_database", logging.WARNING, reason=user_error(exc).message)
        return False
    return True


def check_database(config: "Config") -> "Config":
    """Check that the role may claim jobs and that the schema fits this version; return settings that fit the server.

    Raises: UserError.
    """
    from processor.cli.few_connections import fitted, server_connections
    from processor.database import schema_version

    with connected(config.database_url) as conn:
        schema_version.check(conn)
        row = conn.execute(
            "select has_function_privilege('importer.claim_jobs(text, integer, integer, integer)', 'execute')"
        ).fetchone()
        fit = fitted(config, server_connections(conn))
    if not row or not row[0]:
        raise UserError(
            "the role in DATABASE_URL may not claim jobs", "Use the role import_processor or an administrator."
        )
    return fit


def check_uploader(database_url: str) -> None:
    """Check that the role that writes as users may act as them, and that it may not claim jobs.

    Raises: UserError, which names the variable.
    """
    try:
        with connected(database_url) as conn:
            row = conn.execute(
                "select pg_has_role('authenticated', 'member'), has_function_privilege("
                "'importer.claim_jobs(text, integer, integer, integer)', 'execute')"
            ).fetchone()
    except UserError as exc:
        hint = exc.hint.replace("DATABASE_URL", "IMPORT_JOBS_UPLOADER_DATABASE_URL")
        raise UserError(exc.message, hint, code=exc.code) from exc
    if not row or row != (True, False):
        raise UserError(
            "the role in IMPORT_JOBS_UPLOADER_DATABASE_URL is not a member of authenticated, or may claim jobs",
            "Use the role import_uploader, or unset the variable.",
        )
