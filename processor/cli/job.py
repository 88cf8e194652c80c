"""`import-jobs job ID`: show one job, its first rejections and its events."""

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Any, LiteralString
from uuid import UUID

import psycopg
import typer
from psycopg.rows import dict_row

from processor.cli import completion, outcome
from processor.cli.connection import connected
from processor.cli.job_ids import find_job, short_id
from processor.cli.job_state import read_state, status_of
from processor.cli.screen import screen
from processor.config import database_url
from processor.errors import UserError

JOB: LiteralString = "select * from public.import_jobs where id = %s"
DOCUMENT: LiteralString = """
select to_jsonb(j) || jsonb_build_object(
  'rejections', (
    select coalesce(jsonb_agg(to_jsonb(e) - 'job_id' order by e.record_number, e.position), '[]')
    from public.import_job_errors as e
    where e.job_id = j.id and e.record_number in (
      select f.record_number from public.import_job_errors as f
      where f.job_id = j.id and f.position = 1 order by f.record_number limit 10
    )
  ),
  'events', (
    select coalesce(jsonb_agg(to_jsonb(v) - 'job_id' order by v.id), '[]')
    from public.import_job_events as v where v.job_id = j.id
  )
)
from public.import_jobs as j where j.id = %s
"""
REJECTIONS: LiteralString = """
select line_number, column_name, code, message from public.import_job_errors
where job_id = %(job)s and record_number in (
  select record_number from public.import_job_errors
  where job_id = %(job)s and position = 1 order by record_number limit 10
)
order by record_number, position
"""
EVENTS: LiteralString = """
select happened_at, event, attempt, detail from public.import_job_events where job_id = %s order by id
"""
# In the order in which they are printed; null columns are left out.
SHOWN = (
    "status", "phase", "target", "bucket_id", "object_path", "options", "created_by", "priority", "run_after",
    "progress", "bytes_total", "bytes_read", "rows_read", "rows_loaded", "rows_rejected", "rows_skipped", "chunks_done",
    "attempts", "error_code", "error_message", "error_hint", "errors_path", "output_path", "duplicate_of", "undone_at",
    "created_at", "started_at", "finished_at",
)  # fmt: skip
Id = Annotated[
    str, typer.Argument(metavar="ID", help="Id of the job, or a beginning of it.", autocompletion=completion.jobs)
]


def job(job_id: Id) -> None:
    """Show the state of a job, its first rejections and its events."""
    with connected(database_url()) as conn:
        key = find_job(conn, job_id)
        if screen.as_json:
            row = conn.execute(DOCUMENT, (key,)).fetchone()
            screen.document(row[0] if row else None)
        elif screen.quiet:
            screen.lines([read_state(conn, key).status])
        else:
            screen.lines(description(conn, key))


def description(conn: psycopg.Connection, key: UUID) -> Iterator[str]:
    """Return the lines that describe a job.

    Raises: UserError when the job was deleted, psycopg.Error.
    """
    with conn.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute(JOB, (key,)).fetchone()
        rejections = cursor.execute(REJECTIONS, {"job": key}).fetchall()
        events = cursor.execute(EVENTS, (key,)).fetchall()
    if row is None:
        raise UserError(f"there is no job {key}", "It was deleted.", code="IJ108")
    state = read_state(conn, key)
    sentences = outcome.explanations(state, short_id(conn, key)) if state.ended else ()
    return lines(row, list(sentences), rejections, events)


def lines(
    row: dict[str, Any], sentences: list[str], rejections: list[dict[str, Any]], events: list[dict[str, Any]]
) -> Iterator[str]:
    """Yield the lines that describe a job: its columns, what can be done, its first rejections and its events."""
    yield from screen.values(shown(row))
    yield from [""] if sentences else []
    for sentence in sentences:
        yield from screen.wrapped(sentence)
    if rejections:
        yield from ["", "first rejections", *rows_table(("line", "column", "code", "message"), rejections)]
    yield from ["", "events", *rows_table(("time", "event", "attempt", "detail"), events)]


def shown(row: dict[str, Any]) -> dict[str, str]:
    """Return the columns of a job that are printed, as text; null and empty ones are left out."""
    texts = {"job": str(row["id"])}
    for name in SHOWN:
        value = row[name]
        if value is not None and value != {}:
            texts[name] = formatted(value)
    texts["status"] = status_of(
        row["status"],
        dry_run=row["options"].get("dry_run") is True,
        undone=row["undone_at"] is not None,
        duplicate=row["duplicate_of"] is not None,
    )
    return texts


def formatted(value: Any) -> str:
    """Return a value of a column as text: integers with thousands separators, objects as JSON."""
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="milliseconds")
    return "" if value is None else str(value)


def rows_table(headers: tuple[str, ...], rows: list[dict[str, Any]]) -> list[str]:
    """Return rows as a table, with their values in the order of the headers."""
    return screen.table(headers, [["" if v == {} else formatted(v) for v in row.values()] for row in rows])
