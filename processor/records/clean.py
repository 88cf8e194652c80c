"""Hand records on: as canonical CSV for a strict parser, or as text for people."""

import re
from collections.abc import Iterable

import numpy as np

from processor import errors
from processor.model import Chunk, Dialect
from processor.records.found import Bools, Ints
from processor.records.marks import CR, LF
from processor.records.respell import Spelling, respell
from processor.records.rewrite import Rewriter

#: Up to this many gaps, a chunk is joined from stretches (1 µs each); above, byte by byte (400 MB/s).
FEW = 2000
BOM = b"\xef\xbb\xbf"


def texts(chunk: Chunk, rows: Iterable[int]) -> list[str]:
    """Give records as they stand in the file; NUL, which Postgres cannot store, becomes its picture U+2400."""
    return [_text(chunk.data[int(chunk.starts[row]) : int(chunk.ends[row])]) for row in rows]


def _text(record: bytes) -> str:
    return record.decode("utf-8", "replace").replace("\0", "\u2400")


def clean(chunk: Chunk, keep: Bools, dialect: Dialect) -> bytes:
    """Give the kept records as RFC 4180 with the dialect's delimiter, `"` quotes and LF or CRLF: the chunk's own bytes
    where it can.

    A field that was quoted stays quoted, so that an empty one can still be told from none. With a backslash as escape
    an unquoted `\\N` stays as it is. Raises `RowAccounting` if a blank or oversized record is to be kept: neither has
    fields to give.
    """
    if np.any(keep & (chunk.blank | chunk.oversized)):
        raise errors.RowAccounting("a blank or an oversized record was about to be loaded")
    spelling = respell(chunk, _with_lf(chunk), dialect)
    whole = spelling.dead is None and keep.all() and not spelling.slow.any()
    data = spelling.data if whole else _select(chunk, spelling, keep, dialect)
    return _shield_bom(data, dialect) if data.startswith(BOM) else data


def _with_lf(chunk: Chunk) -> bytes:
    """Replace a lone CR at a record's end by LF; parsers read it as text."""
    if b"\r" not in chunk.data:
        return chunk.data
    view = np.frombuffer(chunk.data, np.uint8)
    ends = chunk.ends[chunk.ends < view.size]
    ends = ends[view.take(ends) == CR]
    lone = ends[view.take(np.minimum(ends + 1, view.size - 1)) != LF]
    if not lone.size:
        return chunk.data
    changed = view.copy()
    changed[lone] = LF
    return changed.tobytes()


def _select(chunk: Chunk, spelling: Spelling, keep: Bools, dialect: Dialect) -> bytes:
    """Join what is kept as it stands, and between it the records that are rewritten."""
    nexts = np.append(chunk.starts[1:], len(spelling.data))
    slow = spelling.slow & keep
    plain = keep & ~slow
    live = _live(chunk, spelling, plain, nexts)
    view, rewriter = np.frombuffer(spelling.data, np.uint8), Rewriter(dialect)
    parts: list[bytes | memoryview] = []

    def add(low: int, high: int) -> None:
        if live is None:
            parts.append(memoryview(spelling.data)[low:high])
        elif low < high:
            parts.append(view[low:high][live[low:high]].tobytes())

    at = 0
    for row in np.flatnonzero(slow if live is not None else ~plain).tolist():
        start = int(chunk.starts[row])
        add(at, start)
        if slow[row]:
            parts.append(rewriter.rewrite(chunk.data, start, int(chunk.ends[row])))
        at = int(nexts[row])
    add(at, len(spelling.data))
    return b"".join(parts)


def _live(chunk: Chunk, spelling: Spelling, plain: Bools, nexts: Ints) -> Bools | None:
    """Mark the bytes that are kept as they stand, unless it is cheaper to go from gap to gap."""
    if spelling.dead is None and plain.size - np.count_nonzero(plain) < FEW:
        return None
    live = np.repeat(plain, nexts - chunk.starts)
    if spelling.dead is not None:
        live &= ~spelling.dead
    return live


def _shield_bom(data: bytes, dialect: Dialect) -> bytes:
    """Quote a first field that begins with U+FEFF; a parser would take it for a byte order mark."""
    field = re.match(b"[^" + re.escape(dialect.delimiter.encode()) + b"\r\n]*", data)
    size = field.end() if field else 0
    return b'"' + data[:size] + b'"' + data[size:]
