"""`import-jobs jobs`: list jobs, the latest first."""

from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, LiteralString
from uuid import UUID

import typer
from psycopg.rows import dict_row

from processor.cli import completion
from processor.cli.connection import connected
from processor.cli.job_state import status_of
from processor.cli.screen import screen
from processor.config import database_url

# One row more than a page, which tells whether there is another page.
PAGE: LiteralString = """
select j.id, j.status::text, j.target, j.object_path, j.created_by, j.progress, j.rows_loaded, j.rows_rejected,
  j.rows_skipped, j.attempts, j.created_at, j.finished_at, j.error_code, j.duplicate_of, j.undone_at,
  coalesce(j.options -> 'dry_run' = 'true', false) as dry_run
from public.import_jobs as j
where not j.inspects and (%(status)s::text[] is null or j.status::text = any (%(status)s))
  and (%(target)s::text is null or j.target in (
    select %(target)s union select t.name from importer.find_target(%(target)s) as t
    union select t."table" from importer.find_target(%(target)s) as t
  ))
  and (%(owner)s::uuid is null or j.created_by = %(owner)s)
  and (%(since)s::timestamptz is null or j.created_at >= %(since)s)
order by j.created_at desc, j.id
limit %(limit)s + 1 offset %(offset)s
"""
HEADERS = ("job", "status", "target", "done", "loaded", "rejected", "created", "error")
RIGHT = (3, 4, 5)
STATUS_HELP = "Jobs that are pending, running, completed, failed or cancelled; may be given again."


class Status(StrEnum):
    """The states of a job."""

    PENDING = "pending"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


def jobs(
    status: Annotated[list[Status] | None, typer.Option(metavar="STATUS", help=STATUS_HELP)] = None,
    target: Annotated[
        str | None,
        typer.Option(metavar="TARGET", help="Jobs for this target.", autocompletion=completion.targets),
    ] = None,
    owner: Annotated[UUID | None, typer.Option(metavar="UUID", help="Jobs of this user.")] = None,
    since: Annotated[
        datetime | None, typer.Option(metavar="TIME", help="Jobs inserted since then, such as 2026-11-28.")
    ] = None,
    limit: Annotated[int, typer.Option(metavar="NUMBER", min=1, max=1000, help="Number of jobs on a page.")] = 20,
    page: Annotated[int, typer.Option(metavar="NUMBER", min=1, help="Which page, from 1.")] = 1,
) -> None:
    """List jobs, the latest first; inspections are left out."""
    parameters = {
        "status": [str(state) for state in status] if status else None,
        "target": target,
        "owner": owner,
        "since": since.astimezone() if since else None,
        "limit": limit,
        "offset": (page - 1) * limit,
    }
    with connected(database_url()) as conn, conn.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(PAGE, parameters).fetchall()
    shown, more = rows[:limit], len(rows) > limit
    nothing = "no such jobs" if any((status, target, owner, since)) or page > 1 else "no jobs yet"
    screen.show(shown, (row["id"] for row in shown), lambda: lines(shown) if shown else [nothing])
    if more:
        screen.note(f"page {page}; there are older jobs: --page {page + 1}")


def lines(rows: list[dict[str, Any]]) -> Iterator[str]:
    """Yield the table of jobs. Numbers of rows that are not in the target are in parentheses."""
    yield from screen.table(HEADERS, [cells(row) for row in rows], RIGHT)
    if any(written_nothing(row) for row in rows):
        yield "(rows) are not in the target: the job was a dry run or has been undone"


def cells(row: dict[str, Any]) -> tuple[str, ...]:
    """Return a job as a row of the table."""
    loaded = f"{row['rows_loaded']:,}"
    return (
        str(row["id"]),
        status_of(
            row["status"],
            dry_run=row["dry_run"],
            undone=row["undone_at"] is not None,
            duplicate=row["duplicate_of"] is not None,
        ),
        row["target"],
        f"{row['progress']:g} %",
        f"({loaded})" if written_nothing(row) else loaded,
        f"{row['rows_rejected']:,}",
        f"{row['created_at']:%Y-%m-%d %H:%M:%S}",
        row["error_code"] or "",
    )


def written_nothing(row: dict[str, Any]) -> bool:
    """Return whether the loaded rows of a job are not in the target."""
    return bool(row["rows_loaded"]) and (row["dry_run"] or row["undone_at"] is not None)
