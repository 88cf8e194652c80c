"""errors.csv: the rejected records in the source's own dialect, so that they can be corrected and imported again."""

import csv
import io
from collections.abc import Callable, Iterator
from dataclasses import replace
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

#: The delimiter of the errors.csv of a file that has one column, and so no delimiter.
ERRORS_DELIMITER = ","
#: A noncharacter, which stands for a delimiter of several characters: csv knows only single ones.
_SEVERAL = "\ufdd0"


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
    dialect, one_column = opened.dialect, opened.dialect.delimiter is None
    if one_column:
        dialect = replace(dialect, delimiter=ERRORS_DELIMITER)
    format_cells = cell_formatter(dialect)
    yield format_cells([*MARKERS, *map(escape_cell, field_names(opened))]) + "\n"
    for line, column, code, message, raw in rejections.stream_rejections(conn, context.job):
        if dialect.quote is None:
            message = message.replace(dialect.delimiter or "", " ")  # nothing could enclose it
        reason = format_cells([str(line), column or "", code, message])
        record = enclosed(raw or "", opened.dialect, format_cells) if one_column else escape_record(raw or "", dialect)
        yield f"{reason}{dialect.delimiter}{record}\n"


def enclosed(raw: str, dialect: Dialect, format_cells: Callable[[list[str]], str]) -> str:
    """Return the record of a file of one column as one cell of several, enclosed in quotes where that is needed."""
    is_quoted = dialect.quote is not None and raw.startswith(dialect.quote)
    return escape_record(raw, dialect) if is_quoted else format_cells([escape_cell(raw)])


def field_names(opened: OpenedFile) -> list[str]:
    """Return the names of the file's fields: its header, or the columns that they go into."""
    if opened.dialect.has_header:
        return opened.beginning.header
    columns = {field.index: field.column.name for field in opened.plan.fields}
    return [columns.get(index, unnamed_field(index)) for index in range(opened.plan.width)]


def cell_formatter(dialect: Dialect) -> Callable[[list[str]], str]:
    """Return the function that formats cells in the file's dialect, without a line end."""
    delimiter = dialect.delimiter or ERRORS_DELIMITER
    mark = delimiter if len(delimiter) == 1 else _SEVERAL
    line = io.StringIO(newline="")
    writer = csv.writer(
        line,
        delimiter=mark,
        quotechar=dialect.quote or '"',
        quoting=csv.QUOTE_MINIMAL if dialect.quote else csv.QUOTE_NONE,
        escapechar=dialect.escape or (None if dialect.quote else "\\"),
        doublequote=dialect.escape is None,
        lineterminator="",
    )

    def format_cells(cells: list[str]) -> str:
        line.seek(0)
        line.truncate()
        writer.writerow([cell.replace(delimiter, mark) for cell in cells])
        return line.getvalue().replace(mark, delimiter)

    return format_cells
