"""`import-jobs errors ID`: show the rejected rows of a job, or save them as a file that can be corrected."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, LiteralString

import psycopg
import typer
from psycopg.rows import dict_row

from processor.cli.connection import connected
from processor.cli.job import Id
from processor.cli.job_ids import find_job, short_id
from processor.cli.job_state import JobState, read_state
from processor.cli.screen import screen
from processor.config import database_url, storage_credentials
from processor.errors import JobError, UserError

FIRST: LiteralString = """
select r.record_number, r.position, r.line_number, r.column_name, r.code, r.message, r.raw
from (
  select l.*, dense_rank() over (order by l.record_number) as place
  from importer.list_rejections(%(job)s, %(limit)s) as l
) as r
where r.place <= %(limit)s
order by r.record_number, r.position
"""
BUCKET_OF: LiteralString = "select bucket_id from public.import_jobs where id = %s"
Output = Annotated[
    Path | None,
    typer.Option(
        "--output", "-o", metavar="FILE.csv", help="Save all rejected rows in this file; - is standard output."
    ),
]


def errors(
    job_id: Id,
    output: Output = None,
    limit: Annotated[
        int, typer.Option(metavar="NUMBER", min=1, max=100_000, help="How many rejected rows to show.")
    ] = 50,
) -> None:
    """Show the rejected rows of a job, or save them as CSV, to be corrected and imported again.

    A row is listed once for each of its invalid columns. The saved file has each record once, as it is in the source,
    with line, column, code and all messages in front.
    """
    url = database_url()
    with connected(url) as conn:
        key = find_job(conn, job_id)
        state = read_state(conn, key)
        if output is not None:
            save(conn, state, output)
            return
        with conn.cursor(row_factory=dict_row) as cursor:
            rows = cursor.execute(FIRST, {"job": key, "limit": limit}).fetchall()
        short = short_id(conn, key)
    records = {row["record_number"]: row["line_number"] for row in rows}
    screen.show(rows, records.values(), lambda: lines(rows) if rows else ["no row was rejected"])
    if state.rows_rejected > len(records):
        screen.note(
            f"{len(records):,} of {state.rows_rejected:,} rejections;"
            f" to save all: import-jobs errors {short} -o FILE.csv"
        )


def lines(rows: list[dict[str, Any]]) -> Iterator[str]:
    """Yield the table of rejections."""
    headers = ("line", "column", "code", "message", "record")
    shown = ("line_number", "column_name", "code", "message", "raw")
    yield from screen.table(headers, [[row[name] for name in shown] for row in rows], right=(0,))


def save(conn: psycopg.Connection, state: JobState, output: Path) -> None:
    """Write errors.csv of a job to a file.

    Raises: UserError when the job has none, or Storage or the file system refuses.
    """
    if state.errors_path is None:
        hint = (
            "No row was rejected."
            if state.ended and not state.rows_rejected
            else f"It is written when the job ends. To wait for that: import-jobs watch {short_id(conn, state.id)}"
            if not state.ended
            else f"The processor could not write it. To see the rows: import-jobs errors {short_id(conn, state.id)}"
        )
        raise UserError(f"job {state.id} has no errors.csv", hint)
    row = conn.execute(BUCKET_OF, (state.id,)).fetchone()
    blocks = fetched(str(row[0]) if row else "", state.errors_path)
    if output == Path("-"):
        for block in blocks:
            sys.stdout.buffer.write(block)
        sys.stdout.flush()
        return
    draft = output.with_name(f"{output.name}.part")  # a file that is there stays as it is until the new one is whole
    try:
        with draft.open("wb") as file:
            file.writelines(blocks)
        draft.replace(output)
    except OSError as exc:
        raise UserError(f"{output} cannot be written ({exc.strerror})", "Name another file with -o.") from exc
    saved(state, output)


def fetched(bucket: str, path: str) -> Iterator[bytes]:
    """Yield the blocks of a file in Storage.

    Raises: UserError.
    """
    from processor.storage import Downloads, Source

    downloads = Downloads(*storage_credentials())
    try:
        yield from Source(downloads, bucket, path, max_bytes=sys.maxsize, check=lambda: None).blocks()
    except JobError as exc:
        raise UserError(exc.message, exc.advice, code=exc.code) from exc
    finally:
        downloads.close()


def saved(state: JobState, output: Path) -> None:
    """Say where the rejected rows are and what to do with them."""
    document: dict[str, object] = {"file": str(output), "rows": state.rows_rejected, "job": state.id}
    screen.show(document, [output], lambda: sentences(state, output))


def sentences(state: JobState, output: Path) -> Iterator[str]:
    """Yield what a reader does next."""
    yield from screen.wrapped(f"{state.rows_rejected:,} rejected rows are in {output}.")
    yield from screen.wrapped(
        f"Correct the values and import the file: import-jobs import {output} --target {state.target}"
    )
