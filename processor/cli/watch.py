"""`import-jobs watch ID…`: follow jobs to their ends."""

from typing import Annotated

import typer

from processor.cli import completion
from processor.cli.connection import connected
from processor.cli.follow import follow_all, interrupted
from processor.cli.interrupts import interruptible
from processor.cli.job_ids import find_job
from processor.config import database_url

Ids = Annotated[
    list[str],
    typer.Argument(metavar="ID...", help="Ids of jobs, or beginnings of them.", autocompletion=completion.jobs),
]
Strict = Annotated[bool, typer.Option("--strict", help="Exit with 1 if a row was rejected, too.")]


def watch(ids: Ids, strict: Strict = False) -> None:
    """Show the progress of jobs until they have ended, and how they ended.

    The exit status is 0 if every job completed, 1 if one failed or was cancelled, and 130 after Ctrl-C, which stops
    nothing but this command.
    """
    url = database_url()
    with connected(url) as conn:
        jobs = [find_job(conn, text) for text in ids]
    try:
        with interruptible():
            status = follow_all(url, jobs, strict=strict)
    except KeyboardInterrupt:
        status = interrupted(jobs)
    raise typer.Exit(status)
