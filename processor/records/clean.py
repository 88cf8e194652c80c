"""Hand records on: as canonical CSV for a strict parser, or as text for people."""

import re
from collections.abc import Iterable

import numpy as np

from processor import errors
from processor.flow import Chunk, Dialect
from processor.records.found import Bools
from processor.records.marks import CR, LF
from processor.records.rewrite import Rewriter

#: A rejected record is kept as text up to here; the table of rejections stays readable.
TEXT_BYTES = 8192
BOM = b"\xef\xbb\xbf"


def texts(chunk: Chunk, rows: Iterable[int]) -> list[str]:
    """Give records as they stand in the file, cut at 8 kB; NUL, which Postgres cannot store, becomes its picture
    U+2400.
    """
    return [_text(chunk.data[int(chunk.starts[row]) : int(chunk.ends[row])]) for row in rows]


def _text(record: bytes) -> str:
    return (
        record[:TEXT_BYTES]
        .decode("utf-8", "replace" if len(record) <= TEXT_BYTES else "ignore")
        .replace("\0", "\u2400")
    )


def clean(chunk: Chunk, keep: Bools, dialect: Dialect) -> bytes:
    """Give the kept records as RFC 4180 with the dialect's delimiter, `"` quotes and LF or CRLF: the chunk's own bytes
    where it can.

    A field that was quoted stays quoted, so that an empty one can still be told from none. With a backslash as escape
    an
    unquoted `\\N` stays as it is. Raises `RowAccounting` if a blank or oversized record is to be kept: neither has
    fields to give.
    """
    if np.any(keep & (chunk.blank | chunk.oversized)):
        raise errors.RowAccounting("A blank or an oversized record was about to be loaded.")
    data = _with_lf(chunk)
    rewrite = _to_rewrite(chunk, dialect) & keep
    if not (keep.all() and not rewrite.any()):
        data = _select(chunk, data, keep, rewrite, dialect)
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


def _to_rewrite(chunk: Chunk, dialect: Dialect) -> Bools:
    """Mark the records that are not canonical as they stand."""
    rewrite = chunk.irregular.copy()
    foreign = {'"', dialect.quote or '"', dialect.escape or '"'} - ({'"'} if dialect.quote == '"' else set())
    for mark in foreign:
        if mark.encode() in chunk.data:
            places = np.flatnonzero(np.frombuffer(chunk.data, np.uint8) == ord(mark))
            rewrite[np.searchsorted(chunk.starts, places, side="right") - 1] = True
    return rewrite


def _select(chunk: Chunk, data: bytes, keep: Bools, rewrite: Bools, dialect: Dialect) -> bytes:
    """Join stretches of records kept as they stand, and rewritten ones between them."""
    rewriter = Rewriter(dialect)
    nexts = np.append(chunk.starts[1:], len(data))
    kind = keep.astype(np.int8) + rewrite  # 0 dropped, 1 kept, 2 rewritten
    heads = np.flatnonzero(np.diff(kind, prepend=-1))
    parts: list[bytes | memoryview] = []
    view = memoryview(data)
    for low, high in zip(heads.tolist(), [*heads[1:].tolist(), keep.size], strict=True):
        if kind[low] == 1:
            parts.append(view[int(chunk.starts[low]) : int(nexts[high - 1])])
        elif kind[low] == 2:
            parts.extend(
                rewriter.rewrite(data, int(chunk.starts[row]), int(chunk.ends[row])) for row in range(low, high)
            )
    return b"".join(parts)


def _shield_bom(data: bytes, dialect: Dialect) -> bytes:
    """Quote a first field that begins with U+FEFF; a parser would take it for a byte order mark."""
    field = re.match(b"[^" + re.escape(dialect.delimiter.encode()) + b"\r\n]*", data)
    size = field.end() if field else 0
    return b'"' + data[:size] + b'"' + data[size:]
