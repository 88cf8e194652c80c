"""Find all records of a window: with a fast kernel if its quotes are regular, or else with an exact one."""

import numpy as np

from processor.model import NO_FAULTS, Dialect
from processor.native import RecordReader, find_records
from processor.records.extents import RecordExtents
from processor.records.marks import Marks
from processor.records.window import Window


def reader_of(marks: Marks) -> RecordReader:
    """Return the exact reader for these marks, at the start of a record."""
    quote, escape, comment = (-1 if mark is None else mark for mark in (marks.quote, marks.escape, marks.comment))
    return RecordReader(
        delimiter=marks.delimiter,
        quote=quote,
        escape=escape,
        comment=comment,
        rest=marks.rest,
        care=marks.care,
        skips_space=marks.skips_space,
        width=marks.width,
    )


def closed(record: str, dialect: Dialect) -> str:
    """Return a record with the quote that closes its last field, if that lacks one."""
    reader = reader_of(Marks.of(dialect))
    reader.read(np.frombuffer(record.encode(), np.uint8), final=True)
    if reader.opened is None:
        return record
    escape = dialect.escape or ""
    is_escaping = bool(escape) and (len(record) - len(record.rstrip(escape))) % 2 == 1
    return record + escape * is_escaping + (dialect.quote or "")


def scan(window: Window) -> RecordExtents:
    """Return the records that end in the window; not all of them if they are very short and not regular."""
    marks = window.marks
    if not marks.rest and not window.has(marks.escape) and not window.has(marks.comment):
        regular = _scan_regular(window)
        if regular is not None:
            return regular
    records = reader_of(marks).read(window.view, final=window.final, next_byte=window.next_byte)
    return RecordExtents(
        ends=records.ends + window.start,
        nexts=records.nexts + window.start,
        fields=records.fields,
        irregular=records.irregular,
        faults=records.faults if records.faults.any() else NO_FAULTS,
        lines=records.lines,
    )


def _scan_regular(window: Window) -> RecordExtents | None:
    """Find the records of a window without escapes and comments; return None for an irregular quote or a lone CR."""
    vectors = find_records(window.view, window.marks.delimiter, window.marks.quote, final=window.final)
    if vectors is None:
        return None
    ends, nexts, fields, lines = vectors
    return RecordExtents(
        ends=ends + window.start,
        nexts=nexts + window.start,
        fields=fields,
        irregular=np.zeros(ends.size, np.bool_),
        faults=NO_FAULTS,
        lines=lines,
    )
