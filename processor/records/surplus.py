"""Remove the empty fields at the end of records that have more fields than the file has columns."""

from dataclasses import replace
from typing import Final

import numpy as np

from processor.model import Chunk, Dialect
from processor.records.extents import Bools, Bytes, Ints
from processor.records.marks import IN_ORDER

#: How many surplus fields are removed from all records at once. One record of 1 MB of delimiters has a million of them.
_ROUNDS: Final = 64
#: How many surplus fields of one record are looked at in one step, which bounds the memory.
_BATCH: Final = 65_536


def without_surplus(chunk: Chunk, width: int, dialect: Dialect) -> Chunk:
    """Return the chunk with `width` fields in each record whose fields beyond these are all empty, `""` included.

    Spreadsheets and scripts write a delimiter at the end of each row. Nothing is lost without such fields; records with
    anything in them stay as they are, and are rejected later. So do those with stray quotes in a file whose quotes are
    in order, where such a quote may be that of a field with a delimiter in it.
    """
    over = (chunk.fields > width) & ~chunk.oversized
    if dialect.quote_order >= IN_ORDER and not dialect.skip_initial_space:
        over &= ~chunk.irregular
    if not over.any():
        return chunk
    rows = np.flatnonzero(over)
    ends, removable = _ends_without_surplus(chunk, rows, width, dialect)
    rows, ends = rows[removable], ends[removable]
    if not rows.size:
        return chunk
    removed = np.zeros(chunk.records, np.int64)
    removed[rows] = chunk.ends[rows] - ends
    edges = np.zeros(len(chunk.data) + 1, np.int8)
    np.add.at(edges, ends, 1)
    np.add.at(edges, chunk.ends[rows], -1)
    kept = np.cumsum(edges[:-1], dtype=np.int8) == 0
    before = np.cumsum(removed) - removed
    fields = chunk.fields.copy()
    fields[rows] = width
    return replace(
        chunk,
        data=np.frombuffer(chunk.data, np.uint8)[kept].tobytes(),
        starts=chunk.starts - before,
        ends=chunk.ends - before - removed,
        fields=fields,
    )


def _ends_without_surplus(chunk: Chunk, rows: Ints, width: int, dialect: Dialect) -> tuple[Ints, Bools]:
    """Return where the records end without their surplus fields, and for which records these are all empty."""
    view = np.frombuffer(chunk.data, np.uint8)
    delimiter = dialect.delimiter_bytes
    quoted = (dialect.quote * 2).encode() if dialect.quote else None
    ends, left = chunk.ends[rows].copy(), (chunk.fields[rows] - width).astype(np.int64)
    for _ in range(_ROUNDS):
        bare = (left > 0) & _stands_before(view, ends, delimiter)
        step = bare * len(delimiter)
        if quoted:
            empty = (left > 0) & ~bare & _stands_before(view, ends, delimiter + quoted)
            step = step + empty * (len(delimiter) + 2)
        if not step.any():
            break
        ends -= step
        left -= step > 0
    for at in np.flatnonzero(left > 0):
        size = _surplus_bytes(chunk.data[chunk.starts[rows[at]] : ends[at]], int(left[at]), delimiter, quoted)
        ends[at] -= size
        left[at] *= not size
    removable = left == 0
    if dialect.escape:
        removable &= ~_stands_before(view, ends, dialect.escape.encode())
    return ends, removable


def _surplus_bytes(record: bytes, count: int, delimiter: bytes, quoted: bytes | None) -> int:
    """Return the size of the last `count` fields of a record with their delimiters; 0 unless all of them are empty."""
    end, empty = len(record), {b"", quoted}
    while count:
        batch = min(count, _BATCH)
        window = record[max(0, end - batch * (len(delimiter) + len(quoted or b""))) : end]
        before, *fields = window.rsplit(delimiter, batch)
        if len(fields) < batch or not empty.issuperset(fields):
            return 0
        end -= len(window) - len(before)
        count -= batch
    return len(record) - end


def _stands_before(view: Bytes, ends: Ints, text: bytes) -> Bools:
    """Mark the places before which a text stands."""
    found = ends >= len(text)
    for place, byte in enumerate(text):
        found &= view.take(np.maximum(ends - len(text) + place, 0)) == byte
    return found
