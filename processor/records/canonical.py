"""Return a chunk's records as canonical CSV for a strict parser, or as text for people."""

import re
from collections.abc import Iterable

import numpy as np

from processor import errors
from processor.model import Chunk, Dialect
from processor.records.chunk_rewrite import RewrittenChunk, rewrite_chunk
from processor.records.extents import Bools, Ints
from processor.records.marks import CR, LF
from processor.records.record_rewrite import RecordRewriter

#: With fewer gaps than this, the stretches between them are joined (1 µs each); with more, the bytes are masked (400
#: MB/s).
MANY_GAPS = 2000
BOM = b"\xef\xbb\xbf"


def record_texts(chunk: Chunk, rows: Iterable[int]) -> list[str]:
    """Return records as they are in the file, except that NUL, which Postgres cannot store, becomes U+2400."""
    return [_text(chunk.data[int(chunk.starts[row]) : int(chunk.ends[row])]) for row in rows]


def _text(record: bytes) -> str:
    return record.decode("utf-8", "replace").replace("\0", "\u2400")


def canonical_csv(chunk: Chunk, keep: Bools, dialect: Dialect) -> bytes:
    """Return the kept records as RFC 4180, with the dialect's canonical delimiter, `"` quotes, and LF or CRLF.

    The result is the chunk's own bytes if they need no change. A quoted field stays quoted, so that an empty text
    differs from null. An escape is removed before the quote, the delimiter, itself and a line end only.
    Raises: RowAccounting if a blank or oversized record is to be kept, since it has no fields.
    """
    if np.any(keep & (chunk.blank | chunk.oversized)):
        raise errors.RowAccounting("a blank or an oversized record was about to be loaded")
    rewritten = rewrite_chunk(chunk, _with_lf(chunk), dialect)
    unchanged = rewritten.removed is None and keep.all() and not rewritten.pending.any()
    data = rewritten.data if unchanged else _join(chunk, rewritten, keep, dialect)
    return _quote_bom(data, dialect) if data.startswith(BOM) else data


def _with_lf(chunk: Chunk) -> bytes:
    """Replace a lone CR at the end of a record by LF, because parsers read a lone CR as text."""
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


def _join(chunk: Chunk, rewritten: RewrittenChunk, keep: Bools, dialect: Dialect) -> bytes:
    """Join the bytes that are kept, and between them the records that are rewritten one by one."""
    nexts = np.append(chunk.starts[1:], len(rewritten.data))
    pending = rewritten.pending & keep
    as_is = keep & ~pending
    mask = _kept_bytes(chunk, rewritten, as_is, nexts)
    view, rewriter = np.frombuffer(rewritten.data, np.uint8), RecordRewriter(dialect)
    parts: list[bytes | memoryview] = []

    def add(low: int, high: int) -> None:
        if mask is None:
            parts.append(memoryview(rewritten.data)[low:high])
        elif low < high:
            parts.append(view[low:high][mask[low:high]].tobytes())

    at = 0
    for row in np.flatnonzero(pending if mask is not None else ~as_is).tolist():
        start = int(chunk.starts[row])
        add(at, start)
        if pending[row]:
            parts.append(rewriter.rewrite(chunk.data, start, int(chunk.ends[row])))
        at = int(nexts[row])
    add(at, len(rewritten.data))
    return b"".join(parts)


def _kept_bytes(chunk: Chunk, rewritten: RewrittenChunk, as_is: Bools, nexts: Ints) -> Bools | None:
    """Return a mask of the bytes that are kept as they are; None if it is cheaper to join stretches of bytes."""
    if rewritten.removed is None and as_is.size - np.count_nonzero(as_is) < MANY_GAPS:
        return None
    mask = np.repeat(as_is, nexts - chunk.starts)
    if rewritten.removed is not None:
        mask &= ~rewritten.removed
    return mask


def _quote_bom(data: bytes, dialect: Dialect) -> bytes:
    """Quote a first field that begins with U+FEFF, because a parser would read that as a byte order mark."""
    field = re.match(b"[^" + re.escape(dialect.canonical_delimiter) + b"\r\n]*", data)
    size = field.end() if field else 0
    return b'"' + data[:size] + b'"' + data[size:]
