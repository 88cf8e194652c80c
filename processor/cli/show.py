"""`import-jobs jobs` and `import-jobs job ID`: print jobs as tables."""

from typing import Annotated, Any
from uuid import UUID

import typer
from psycopg.rows import dict_row
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from processor.cli.connection import connected
from processor.config import database_url
from processor.errors import UserError

LATEST_JOBS = """
select id, status::text, target, progress, rows_loaded, rows_rejected, attempts, created_at, error_code
from public.import_jobs order by created_at desc, id limit %s
"""
JOB = "select * from public.import_jobs where id = %s"
REJECTIONS = """
select line_number, column_name, code, message from public.import_job_errors
where job_id = %s order by record_number limit 10
"""
EVENTS = "select happened_at, event, attempt, detail from public.import_job_events where job_id = %s order by id"
COLOURS = {"completed": "green", "failed": "red", "cancelled": "yellow", "running": "cyan", "pending": "white"}
# In the order in which they are printed; null columns are left out.
SHOWN = (
    "status", "phase", "target", "bucket_id", "object_path", "progress", "bytes_total", "bytes_read", "rows_read",
    "rows_loaded", "rows_rejected", "rows_skipped", "chunks_done", "attempts", "error_code", "error_message",
    "error_hint", "created_at", "started_at", "finished_at",
)  # fmt: skip


def jobs(
    limit: Annotated[int, typer.Option(min=1, max=1000, help="Number of jobs.")] = 20,
) -> None:
    """List the latest jobs."""
    with connected(database_url()) as conn, conn.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(LATEST_JOBS, (limit,)).fetchall()
    if not rows:
        print("no jobs yet")
        return
    table = Table("job", "status", "target", "%", "loaded", "rejected", "attempts", "created", "error", box=None)
    for row in rows:
        table.add_row(
            str(row["id"]),
            coloured(row["status"]),
            escape(row["target"]),
            f"{row['progress']:g}",
            f"{row['rows_loaded']:,}",
            f"{row['rows_rejected']:,}",
            str(row["attempts"]),
            f"{row['created_at']:%Y-%m-%d %H:%M:%S}",
            row["error_code"] or "",
        )
    Console().print(table)


def job(job_id: Annotated[str, typer.Argument(metavar="ID", help="The job's id.")]) -> None:
    """Show the state of a job, its first rejections and its events."""
    try:
        key = UUID(job_id)
    except ValueError as exc:
        raise UserError(f"{job_id!r} is not the id of a job", "Run import-jobs jobs to list the ids.") from exc
    with connected(database_url()) as conn, conn.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute(JOB, (key,)).fetchone()
        rejections = cursor.execute(REJECTIONS, (key,)).fetchall()
        events = cursor.execute(EVENTS, (key,)).fetchall()
    if row is None:
        raise UserError(f"there is no job {key}", "Run import-jobs jobs to list the ids.")
    console = Console()
    console.print(job_table(row))
    if rejections:
        console.print(rows_table("first rejections", ("line", "column", "code", "message"), rejections))
    console.print(rows_table("events", ("time", "event", "attempt", "detail"), events))


def job_table(row: dict[str, Any]) -> Table:
    """Return the columns of a job as a table, one column per line."""
    table = Table("", "", box=None, show_header=False)
    table.add_row("job", str(row["id"]))
    for name in SHOWN:
        value = row[name]
        if value is not None:
            table.add_row(name, coloured(value) if name == "status" else formatted(value))
    return table


def formatted(value: Any) -> str:
    """Return a value of a column as text, integers with thousands separators."""
    return f"{value:,}" if isinstance(value, int) else escape(str(value))


def rows_table(title: str, headers: tuple[str, ...], rows: list[dict[str, Any]]) -> Table:
    """Return rows as a table, with their values in the order of the headers."""
    table = Table(*headers, title=title, title_justify="left", box=None)
    for row in rows:
        table.add_row(*(escape("" if value is None else str(value)) for value in row.values()))
    return table


def coloured(status: str) -> str:
    """Return a status with the markup of its colour."""
    return f"[{COLOURS[status]}]{status}[/]"
