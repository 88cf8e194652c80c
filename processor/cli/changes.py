"""`import-jobs retry`, `cancel` and `undo`: change the state of jobs."""

from collections.abc import Callable
from typing import Annotated, Any, LiteralString
from uuid import UUID

import psycopg
import typer
from psycopg.types.json import Jsonb

from processor.cli import outcome
from processor.cli.connection import connected
from processor.cli.import_files import OPTION_HELP
from processor.cli.job_ids import find_job, short_id
from processor.cli.job_options import job_options
from processor.cli.screen import screen
from processor.cli.watch import Ids
from processor.config import database_url

RETRY: LiteralString = "select rows_loaded from public.retry_import_job(id => %s, options => %s)"
CANCEL: LiteralString = "select rows_loaded from public.cancel_import_job(%s)"
UNDO: LiteralString = "select importer.undo_import_job(%s)"
UNDONE: LiteralString = """
select (detail ->> 'removed')::bigint, (detail ->> 'restored')::bigint from public.import_job_events
where job_id = %s and event = 'undone' order by id desc limit 1
"""


def retry(
    ids: Ids,
    option: Annotated[
        list[str] | None, typer.Option(metavar="NAME=VALUE", help=OPTION_HELP.replace("An option", "A changed option"))
    ] = None,
) -> None:
    """Let failed or cancelled jobs run again. Rows that are in the target stay and are not loaded twice."""
    options = job_options(option or ())

    def retried(conn: psycopg.Connection, job_id: UUID) -> str:
        (rows,) = one(conn, RETRY, job_id, Jsonb(options))
        return retry_sentence(job_id, rows, short_id(conn, job_id))

    change(ids, retried, "pending")


def cancel(ids: Ids) -> None:
    """Cancel pending or running jobs. Rows that are in the target stay there."""

    def cancelled(conn: psycopg.Connection, job_id: UUID) -> str:
        (rows,) = one(conn, CANCEL, job_id)
        return cancel_sentence(job_id, rows, short_id(conn, job_id))

    change(ids, cancelled, "cancelled")


def undo(ids: Ids) -> None:
    """Take the rows of ended jobs out of their targets again, or bring back the rows that they replaced."""

    def undone(conn: psycopg.Connection, job_id: UUID) -> str:
        one(conn, UNDO, job_id)
        return undo_sentence(job_id, *one(conn, UNDONE, job_id))

    change(ids, undone, "undone")


def retry_sentence(job_id: UUID, rows: int, short: str) -> str:
    """Return what a retry has done."""
    kept = f"; {outcome.rows(rows)} in the target stay" if rows else ""
    return f"job {job_id} is pending again{kept}. To watch it: import-jobs watch {short}"


def cancel_sentence(job_id: UUID, rows: int, short: str) -> str:
    """Return what a cancellation has done."""
    kept = f"; {outcome.rows(rows)} stay in the target" if rows else ""
    return f"job {job_id} is cancelled{kept}. To let it go on: import-jobs retry {short}"


def undo_sentence(job_id: UUID, removed: int, restored: int) -> str:
    """Return what an undo has done."""
    back = f", {outcome.rows(restored)} restored" if restored else ""
    return f"job {job_id} is undone: {outcome.rows(removed)} removed{back}"


def change(ids: list[str], apply: Callable[[psycopg.Connection, UUID], str], state: str) -> None:
    """Change jobs in turn and say what was done. All ids are looked up before the first job is changed.

    Raises: UserError for the first job that cannot be changed.
    """
    with connected(database_url()) as conn:
        for job_id in [find_job(conn, text) for text in ids]:
            sentence = apply(conn, job_id)
            screen.show({"id": job_id, "state": state}, [job_id], lambda sentence=sentence: screen.wrapped(sentence))


def one(conn: psycopg.Connection, query: LiteralString, *parameters: object) -> tuple[Any, ...]:
    """Return the one row of a query.

    Raises: psycopg.Error.
    """
    return conn.execute(query, parameters).fetchone() or ()
