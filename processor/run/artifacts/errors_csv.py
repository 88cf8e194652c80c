"""errors.csv: the rejected records in the source's own dialect, so that they can be corrected and imported again."""

import csv
import io
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg

from processor.model import Dialect
from processor.queue import rejections
from processor.run.artifacts.cells import escape_record
from processor.run.artifacts.formulas import MARKERS, escape_cell, unnamed_field
from processor.run.artifacts.paths import artifact_path
from processor.run.context import AttemptContext
from processor.run.opened_file import OpenedFile


def write_errors(conn: psycopg.Connection, context: AttemptContext, opened: OpenedFile) -> str:
    """Write the rejected records, each after its line, column, code and message; return the file's path.

    The file has the source's dialect and encoding, so that it can be imported with the same options.
    Raises: SourceUnavailable, SourceRefused, psycopg.Error.
    """
    job, dialect = context.job, opened.dialect
    path = artifact_path(job, "errors")
    with TemporaryDirectory() as folder:
        file = Path(folder) / "errors.csv"
        with file.open("w", encoding=dialect.encoding, errors="replace", newline="") as text:
            text.write("\ufeff" if dialect.bom_bytes else "")
            # An import with the same options skips so many lines again.
            text.write("\n" * int(job.options.get("skip_lines", 0)))
            text.writelines(error_lines(conn, context, opened))
        context.artifacts.put(job.bucket_id, path, file)
    return path


def error_lines(conn: psycopg.Connection, context: AttemptContext, opened: OpenedFile) -> Iterator[str]:
    """Yield the lines of errors.csv."""
    dialect = opened.dialect
    format_cells = cell_formatter(dialect)
    yield format_cells([*MARKERS, *map(escape_cell, field_names(opened))]) + "\n"
    for line, column, code, message, raw in rejections.stream_rejections(conn, context.job):
        if dialect.quote is None:
            message = message.replace(dialect.delimiter, " ")  # nothing could enclose it
        reason = format_cells([str(line), column or "", code, message])
        yield f"{reason}{dialect.delimiter}{escape_record(raw or '', dialect)}\n"


def field_names(opened: OpenedFile) -> list[str]:
    """Return the names of the file's fields: its header, or the columns that they go into."""
    if opened.dialect.has_header:
        return opened.beginning.header
    columns = {field.index: field.column.name for field in opened.plan.fields}
    return [columns.get(index, unnamed_field(index)) for index in range(opened.plan.width)]


def cell_formatter(dialect: Dialect) -> Callable[[list[str]], str]:
    """Return the function that formats cells in the file's dialect, without a line end."""
    line = io.StringIO(newline="")
    writer = csv.writer(
        line,
        delimiter=dialect.delimiter,
        quotechar=dialect.quote or '"',
        quoting=csv.QUOTE_MINIMAL if dialect.quote else csv.QUOTE_NONE,
        escapechar=dialect.escape or (None if dialect.quote else "\\"),
        doublequote=dialect.escape is None,
        lineterminator="",
    )

    def format_cells(cells: list[str]) -> str:
        line.seek(0)
        line.truncate()
        writer.writerow(cells)
        return line.getvalue()

    return format_cells
