"""Return a chunk's records as canonical CSV for a strict parser, or as text for people."""

import re
from collections.abc import Iterable

import numpy as np

from processor import errors
from processor.model import Chunk, Dialect
from processor.native import Action, join_records
from processor.records.chunk_rewrite import RewrittenChunk, rewrite_chunk
from processor.records.extents import Bools
from processor.records.marks import CR, LF, Marks
from processor.records.scan import reader_of

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
    """Join the records that are kept, and rewrite those that cannot be copied."""
    actions = np.where(rewritten.pending, np.uint8(Action.REWRITE), np.uint8(Action.COPY))
    actions[~keep] = Action.DROP
    return join_records(
        chunk.data,
        rewritten.data,
        removed=rewritten.removed,
        starts=chunk.starts,
        ends=chunk.ends,
        actions=actions,
        reader=reader_of(Marks.of(dialect)),
        delimiter=dialect.canonical_delimiter[0],
    )


def _quote_bom(data: bytes, dialect: Dialect) -> bytes:
    """Quote a first field that begins with U+FEFF, because a parser would read that as a byte order mark."""
    field = re.match(b"[^" + re.escape(dialect.canonical_delimiter) + b"\r\n]*", data)
    size = field.end() if field else 0
    return b'"' + data[:size] + b'"' + data[size:]
