"""Files that a job leaves in Storage beside its source: errors.csv, and the normalised CSV of options.output."""

import csv
import io
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

import polars as pl
import psycopg

from processor.model import Dialect, Job
from processor.queue import rejections
from processor.run.artifacts.cells import guarded_record
from processor.run.artifacts.formulas import MARKERS, guarded, unnamed
from processor.run.opening import Opened
from processor.storage import Artifacts


def beside(job: Job, kind: str) -> str:
    """Return the path of an artifact: the source's own, with the job's id, so that two jobs never share one.

    A user's artifacts are in the user's own folder, also where the service gave the user's job a file of another one.
    """
    source = PurePosixPath(job.object_path)
    if job.owner and source.parts[0] != str(job.owner):
        source = PurePosixPath(str(job.owner), source.name)
    return str(source.with_name(f"{source.stem}.{job.id.hex[:8]}.{kind}.csv"))


def write_errors(conn: psycopg.Connection, job: Job, opened: Opened, storage: Artifacts) -> str:
    """Write the rejected records, with line, column, code and message before their own fields; return the path.

    The file has the source's dialect and encoding, so that it can be corrected and imported with the same options.
    """
    path = beside(job, "errors")
    with TemporaryDirectory() as folder:
        file = Path(folder) / "errors.csv"
        with file.open("w", encoding=opened.dialect.encoding, errors="replace", newline="") as text:
            text.write("\ufeff" if opened.dialect.bom_bytes else "")
            # So many lines will be skipped again, when the file is imported with the same options.
            text.write("\n" * int(job.options.get("skip_lines", 0)))
            text.writelines(error_lines(conn, job, opened))
        storage.put(job.bucket_id, path, file)
    return path


def error_lines(conn: psycopg.Connection, job: Job, opened: Opened) -> Iterator[str]:
    """Yield the lines of errors.csv; where the file has no header, its fields get the names of their columns."""
    dialect = opened.dialect
    joined_line = line_writer(dialect)
    yield joined_line([*MARKERS, *map(guarded, names(opened))]) + "\n"
    for line, column, code, message, raw in rejections.stream_rejections(conn, job):
        if dialect.quote is None:
            message = message.replace(dialect.delimiter, " ")  # nothing could enclose it
        told = joined_line([str(line), column or "", code, message])
        yield f"{told}{dialect.delimiter}{guarded_record(raw or '', dialect)}\n"


def names(opened: Opened) -> list[str]:
    """Return the names of the file's fields."""
    if opened.dialect.has_header:
        return opened.header
    columns = {each.index: each.column.name for each in opened.plan.fields}
    return [columns.get(place, unnamed(place)) for place in range(opened.plan.width)]


def line_writer(dialect: Dialect) -> Callable[[list[str]], str]:
    """Return what writes cells in the file's dialect, without a line end."""
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

    def joined_line(cells: list[str]) -> str:
        line.seek(0)
        line.truncate()
        writer.writerow(cells)
        return line.getvalue()

    return joined_line


class Output:
    """The normalised CSV: the rows as they were loaded, UTF-8, collected on disk and uploaded at the end."""

    def __init__(self) -> None:
        self._folder = TemporaryDirectory()
        self._path = Path(self._folder.name) / "output.csv"
        self._file = self._path.open("wb")
        self._begun = False

    def add(self, rows: pl.DataFrame) -> None:
        """Append rows."""
        rows.write_csv(self._file, include_header=not self._begun)
        self._begun = True

    def write(self, job: Job, storage: Artifacts) -> str:
        """Upload it; return the path."""
        path = beside(job, "output")
        self._file.flush()
        storage.put(job.bucket_id, path, self._path)
        return path

    def close(self) -> None:
        """Remove the file on disk."""
        self._file.close()
        self._folder.cleanup()
