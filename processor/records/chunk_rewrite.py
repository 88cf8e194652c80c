"""Rewrite all records of a chunk as RFC 4180 with vector operations: quotes other than `"`, and backslash escapes.

An escape acts before the quote, the delimiter, itself and a line end, and is text before anything else, as in a path.
Inside quotes, `\\"` becomes `""`, and any other escape that acts is removed. A `'` that encloses a field becomes `"`,
and a doubled one becomes single. Every change replaces or removes one byte, so that records keep their places until
they are joined.
"""

import re
from dataclasses import dataclass

import numpy as np

from processor.model import Chunk, Dialect
from processor.records.escapes import escaped_places
from processor.records.extents import Bools, Ints
from processor.records.marks import CR, LF

DOUBLE = ord('"')


@dataclass(frozen=True, slots=True)
class RewrittenChunk:
    """The changed bytes of a chunk, a mask of the `removed` bytes (None if there are none), and the `pending` records.

    Pending records (a mask, shape: records) have to be rewritten one by one.
    """

    data: bytes
    removed: Bools | None
    pending: Bools


def rewrite_chunk(chunk: Chunk, data: bytes, dialect: Dialect) -> RewrittenChunk:
    """Rewrite the records of a chunk; `data` is its data, with an LF for each lone CR that ends a record."""
    pending = chunk.irregular.copy()
    escape = dialect.escape if dialect.escape and dialect.escape.encode() in data else None
    other_quotes = dialect.quote != '"' and (
        b'"' in data or (dialect.quote is not None and dialect.quote.encode() in data)
    )
    several = dialect.several if dialect.several and dialect.several in data else None
    if not escape and not other_quotes and not several:
        return RewrittenChunk(data, None, pending)
    work = _Rewrite(chunk, data, dialect, pending)
    if escape:
        work.find_escapes(ord(escape))
    work.find_quotes()
    if other_quotes:
        work.change_quotes()
    if escape and several:
        work.leave_escapes()
    elif escape:
        work.remove_escapes()
    if several:
        work.change_delimiters(several)
    return RewrittenChunk(work.out.tobytes(), work.removed if work.removed.any() else None, pending)


class _Rewrite:
    """The rewriting of one chunk: its bytes, the changed bytes, and the places of escaped bytes and quotes."""

    def __init__(self, chunk: Chunk, data: bytes, dialect: Dialect, pending: Bools) -> None:
        self.chunk, self.pending = chunk, pending
        self.view = np.frombuffer(data, np.uint8)
        self.out = self.view.copy()
        self.removed = np.zeros(self.view.size, np.bool_)
        self.delimiter = dialect.canonical_delimiter[0]
        self.quote = ord(dialect.quote) if dialect.quote else None
        self.escape, self.escaped = 0, np.empty(0, np.int64)

    def find_escapes(self, escape: int) -> None:
        """Find the places of escaped bytes."""
        self.escape = escape
        self.escaped = escaped_places(np.flatnonzero(self.view == escape), self.view.size)

    def unescaped(self, mark: int) -> Ints:
        """Return the places of a mark that are not escaped."""
        mask = self.view == mark
        mask[self.escaped] = False
        return np.flatnonzero(mask)

    def rows(self, places: Ints) -> Ints:
        """Return the record of each place."""
        return np.searchsorted(self.chunk.starts, places, side="right") - 1

    def find_quotes(self) -> None:
        """Find the unescaped quotes, and the index of each record's first: after an even number, a byte is outside."""
        self.quotes = self.unescaped(self.quote) if self.quote is not None else self.escaped[:0]
        self.first = np.searchsorted(self.quotes, self.chunk.starts)

    def change_delimiters(self, several: bytes) -> None:
        """Replace the delimiters of several bytes that stand outside of quotes by the canonical one."""
        found = re.finditer(re.escape(several), self.view.tobytes())
        places = np.fromiter((match.start() for match in found), np.int64)
        outside = (np.searchsorted(self.quotes, places) - self.first[self.rows(places)]) % 2 == 0
        self.out[places[outside]] = self.delimiter
        for place in range(1, len(several)):
            self.removed[places[outside] + place] = True

    def leave_escapes(self) -> None:
        """Leave the records with escapes to be rewritten one by one, since an escape may part a delimiter."""
        self.pending[self.rows(self.escaped)] = True

    def change_quotes(self) -> None:
        """Replace the dialect's quotes by `"`, and undo their doubling."""
        self.pending[self.rows(self.unescaped(DOUBLE))] = True
        places = self.quotes
        closing = (np.arange(places.size) - self.first[self.rows(places)]) % 2 == 1
        doubled = np.flatnonzero(closing[:-1] & (places[1:] == places[:-1] + 1))
        self.out[places] = DOUBLE
        self.out[places[doubled]] = self.quote or 0
        self.removed[places[doubled + 1]] = True

    def remove_escapes(self) -> None:
        """Remove the escapes that act, except before a quoted `"`, where they become `"`."""
        rows, values = self.rows(self.escaped), self.view.take(self.escaped)
        inside = (np.searchsorted(self.quotes, self.escaped) - self.first[rows]) % 2 == 1
        acts = np.isin(values, (self.delimiter, self.quote or LF, self.escape, LF, CR))
        literal = acts & inside & (values == DOUBLE)
        special = ~inside & np.isin(values, (self.delimiter, DOUBLE, LF, CR)) | ~acts & (values == DOUBLE)
        self.pending[rows[special]] = True
        self.out[self.escaped[literal] - 1] = DOUBLE
        self.removed[self.escaped[acts & ~literal] - 1] = True
