"""errors.csv: the rejected records in the source's own dialect, so that they can be corrected and imported again."""

import csv
import io
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, cast

import numpy as np
import polars as pl
import psycopg
import pyarrow as pa

from processor.model import Dialect, RejectedRecords
from processor.queue import rejections
from processor.records import closed
from processor.run.artifacts.escaped_records import enclose_records, escape_records
from processor.run.artifacts.formulas import MARKERS, escape_cell, unnamed_field
from processor.run.artifacts.paths import artifact_path
from processor.run.context import AttemptContext
from processor.run.opened_file import OpenedFile

Formatter = Callable[[list[str]], str]

_ARROW: Final = cast(Any, pa)  # pyarrow has no type hints
#: The delimiter of the errors.csv of a file that has one column, and so no delimiter.
ERRORS_DELIMITER = ","
#: A noncharacter, which stands for a delimiter of several characters: csv knows only single ones.
_SEVERAL = "\ufdd0"


def write_errors(conn: psycopg.Connection, context: AttemptContext, opened: OpenedFile) -> str:
    """Write the rejected records, each after its line, column, code and messages; return the file's path.

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
    """Yield the lines of errors.csv, those of a chunk together."""
    dialect, one_column = opened.dialect, opened.dialect.delimiter is None
    if one_column:
        dialect = replace(dialect, delimiter=ERRORS_DELIMITER)
    format_cells = cell_formatter(dialect)
    yield format_cells([*MARKERS, *map(escape_cell, field_names(opened))]) + "\n"
    mark = pl.lit(dialect.delimiter)
    for _, parts in groupby(rejections.rejected_chunks(conn, context.job), key=itemgetter(0)):
        rows = pl.concat([rejected_rows(part, dialect, opened.dialect, format_cells) for _, part in parts]).sort(
            "number"
        )
        raws = rows.get_column("raw")
        escaped = enclose_records(raws, opened.dialect, format_cells) if one_column else escape_records(raws, dialect)
        lines = rows.select(pl.concat_str(pl.col("line").cast(pl.String), mark, "reason", mark, escaped.alias("raw")))
        yield f"{lines.to_series().str.join(chr(10)).item()}\n"


def rejected_rows(
    rejected: RejectedRecords, dialect: Dialect, source: Dialect, format_cells: Formatter
) -> pl.DataFrame:
    """Return the number, line, reason (as three cells of the file) and raw text of each rejected record."""
    offsets = np.concatenate(([0], rejected.raw_ends))
    buffers = [None, _ARROW.py_buffer(offsets), _ARROW.py_buffer(rejected.raw)]
    raw = cast(Any, pl).from_arrow(_ARROW.Array.from_buffers(_ARROW.large_string(), rejected.numbers.size, buffers))
    return pl.DataFrame(
        {
            "number": rejected.numbers,
            "line": rejected.lines,
            "reason": reasons_of(rejected, dialect, format_cells),
            "raw": with_quotes_closed(raw, rejected, source),
        }
    )


def with_quotes_closed(raw: pl.Series, rejected: RejectedRecords, dialect: Dialect) -> pl.Series:
    """Close the records that end within quotes, which would swallow those behind them."""
    misquoted = [number for number, reason in enumerate(rejected.reasons) if reason.code == "IJ419"]
    if not misquoted:
        return raw
    places: list[int] = rejected.cell_places[np.isin(rejected.cell_reasons, misquoted)].tolist()
    return raw.scatter(places, [closed(raw[place], dialect) for place in places])


def reasons_of(rejected: RejectedRecords, dialect: Dialect, format_cells: Formatter) -> pl.Series:
    """Return column and code of each record's first invalid cell, and the messages of all, as cells of the file.

    The cells are formatted once for each combination of reasons.
    """
    cells = pl.DataFrame({"place": rejected.cell_places, "reason": rejected.cell_reasons})
    if rejected.cell_places.size == rejected.numbers.size:
        keys = cells.get_column("reason").cast(pl.String)
    else:
        joined = pl.col("reason").cast(pl.String).str.join(" ")
        keys = cells.group_by("place", maintain_order=True).agg(joined).get_column("reason")
    distinct = keys.unique()
    formatted: list[str] = []
    for key in distinct.to_list():
        reasons = [rejected.reasons[int(number)] for number in key.split(" ")]
        message = "; ".join(reason.message for reason in reasons)
        if dialect.quote is None:
            message = message.replace(dialect.delimiter or "", " ")  # nothing could enclose it
        formatted.append(format_cells([reasons[0].column or "", reasons[0].code, message]))
    return keys.replace_strict(distinct, pl.Series(formatted, dtype=pl.String), return_dtype=pl.String)


def field_names(opened: OpenedFile) -> list[str]:
    """Return the names of the file's fields: its header, or the columns that they go into."""
    if opened.dialect.has_header:
        return opened.beginning.header
    columns = {field.index: field.column.name for field in opened.plan.fields}
    return [columns.get(index, unnamed_field(index)) for index in range(opened.plan.width)]


def cell_formatter(dialect: Dialect) -> Formatter:
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
