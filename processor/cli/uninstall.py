"""`import-jobs uninstall`: take import-jobs out of a database."""

import sys
from collections.abc import Iterator
from typing import Annotated

import typer

from processor import config
from processor.cli.connection import connected
from processor.cli.screen import screen
from processor.errors import UserError

UNINSTALL = "select kept from importer.uninstall() as u (kept)"


def uninstall(yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False) -> None:
    """Remove import-jobs from DATABASE_URL: all jobs, targets, rejected rows, functions, roles and grants.

    Your tables and the files in Storage stay. Stop the processors first.
    """
    url = config.database_url()
    with connected(url) as conn:
        place = f"{conn.info.dbname} on {conn.info.host}"
        if not yes:
            if not sys.stdin.isatty():
                raise UserError(
                    f"this would delete all jobs and targets in {place}", "Add --yes to do it without a question."
                )
            typer.confirm(f"Delete all jobs and targets in {place}?", abort=True, err=True)
        kept = [str(row[0]) for row in conn.execute(UNINSTALL).fetchall()]
    screen.show({"uninstalled": True, "kept": kept}, kept, lambda: report(kept, place))


def report(kept: list[str], place: str) -> Iterator[str]:
    """Yield what was done, and what the rights of the role did not allow."""
    yield from screen.wrapped(f"removed import-jobs from {place}")
    for line in kept:
        yield from screen.wrapped(f"not removed: {line}")
