"""The progress bar of a job, which polls the job's row until the job has ended."""

import time
from dataclasses import dataclass
from uuid import UUID

from psycopg.rows import class_row
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeElapsedColumn

from processor.cli.connection import connected
from processor.errors import UserError

POLL_SECONDS = 0.1
STATE = """
select status::text, phase, coalesce(bytes_total, 0) as bytes_total, bytes_read, rows_loaded, rows_rejected,
  error_code, error_message, error_hint,
  extract(epoch from coalesce(finished_at, clock_timestamp()) - started_at)::float as seconds
from public.import_jobs where id = %s
"""
ENDED = {"completed", "failed", "cancelled"}


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """The columns of a job that are shown. `seconds` is the time since the start of the job."""

    status: str
    phase: str | None
    bytes_total: int
    bytes_read: int
    rows_loaded: int
    rows_rejected: int
    error_code: str | None
    error_message: str | None
    error_hint: str | None
    seconds: float | None

    @property
    def rate(self) -> str:
        """Rows per second since the start, as text; empty before the first row."""
        rows = self.rows_loaded + self.rows_rejected
        return f"{rows / self.seconds:,.0f} rows/s" if self.seconds and rows else ""


def watch(database_url: str, job_id: UUID, console: Console | None = None) -> str:
    """Show the progress of a job until it has ended, then its outcome in one line; return its status.

    Raises: UserError when the database does not answer or the job was deleted.
    """
    console = console or Console()
    with (
        connected(database_url) as conn,
        conn.cursor(row_factory=class_row(State)) as cursor,
        progress_bar(console) as progress,
    ):
        task = progress.add_task("pending", total=None, rows="0", rate="")
        while True:
            state = cursor.execute(STATE, (job_id,)).fetchone()
            if state is None:
                raise UserError("the job was deleted", "Insert it again.")
            progress.update(
                task,
                description=state.phase or state.status,
                total=state.bytes_total or None,
                completed=state.bytes_read,
                rows=f"{state.rows_loaded:,}",
                rate=state.rate,
            )
            if state.status in ENDED:
                break
            time.sleep(POLL_SECONDS)
    console.print(outcome(state), highlight=False)
    return state.status


def progress_bar(console: Console) -> Progress:
    """Return a bar that shows phase, bytes, rows and rows per second."""
    return Progress(
        TextColumn("[bold]{task.description:<9}"),
        BarColumn(bar_width=30),
        DownloadColumn(binary_units=True),
        TextColumn("{task.fields[rows]:>12} rows  {task.fields[rate]}"),
        TimeElapsedColumn(),
        console=console,
    )


def outcome(state: State) -> str:
    """Return the line that tells how a job ended."""
    rows = f"{state.rows_loaded:,} rows loaded, {state.rows_rejected:,} rejected in {state.seconds or 0:.1f} s"
    if state.status == "completed":
        return f"[green]completed[/]: {rows}"
    if state.status == "failed":
        return f"[red]failed[/] {state.error_code}: {state.error_message} — {state.error_hint} ({rows})"
    return f"[yellow]{state.status}[/]: {rows}"
