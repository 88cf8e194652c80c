"""Spell a whole chunk's records as RFC 4180 by vectors: other quotes than `"`, and backslash escapes.

Inside quotes `\\"` becomes `""`, any other escape is left out; a `'` that encloses becomes `"`, a doubled one single.
Every change takes the place of a byte or leaves one out, so that records keep their places until they are put together.
"""

from dataclasses import dataclass

import numpy as np

from processor.model import Chunk, Dialect
from processor.records.found import Bools, Ints
from processor.records.marks import CR, LF
from processor.records.quotes import escaped_places

DOUBLE, NULL = ord('"'), ord("N")


@dataclass(frozen=True, slots=True)
class Spelling:
    """A chunk's bytes with changes, which are `dead` (None: none), and the records (`slow`) to be rewritten singly."""

    data: bytes
    dead: Bools | None
    slow: Bools


def respell(chunk: Chunk, data: bytes, dialect: Dialect) -> Spelling:
    """Change what can be changed in place; `data` is the chunk's, with LF for every lone CR that ends a record."""
    slow = chunk.irregular.copy()
    escape = dialect.escape if dialect.escape and dialect.escape.encode() in data else None
    foreign = dialect.quote != '"' and (b'"' in data or (dialect.quote is not None and dialect.quote.encode() in data))
    if not escape and not foreign:
        return Spelling(data, None, slow)
    work = _Work(chunk, data, dialect, slow)
    if escape:
        work.find_escapes(ord(escape))
    work.find_quotes()
    if foreign:
        work.change_quotes()
    if escape:
        work.take_escapes_out()
    return Spelling(work.out.tobytes(), work.dead if work.dead.any() else None, slow)


class _Work:
    def __init__(self, chunk: Chunk, data: bytes, dialect: Dialect, slow: Bools) -> None:
        self.chunk, self.slow = chunk, slow
        self.view = np.frombuffer(data, np.uint8)
        self.out = self.view.copy()
        self.dead = np.zeros(self.view.size, np.bool_)
        self.delimiter = ord(dialect.delimiter)
        self.quote = ord(dialect.quote) if dialect.quote else None
        self.escaped: Ints = np.empty(0, np.int64)

    def find_escapes(self, escape: int) -> None:
        self.escaped = escaped_places(np.flatnonzero(self.view == escape), self.view.size)

    def unescaped(self, mark: int) -> Ints:
        mask = self.view == mark
        mask[self.escaped] = False
        return np.flatnonzero(mask)

    def rows(self, places: Ints) -> Ints:
        return np.searchsorted(self.chunk.starts, places, side="right") - 1

    def find_quotes(self) -> None:
        """Find the quotes that count, and each record's first among them: an even number of them before is outside."""
        self.quotes = self.unescaped(self.quote) if self.quote is not None else self.escaped[:0]
        self.first = np.searchsorted(self.quotes, self.chunk.starts)

    def change_quotes(self) -> None:
        self.slow[self.rows(self.unescaped(DOUBLE))] = True
        places = self.quotes
        closing = (np.arange(places.size) - self.first[self.rows(places)]) % 2 == 1
        doubled = np.flatnonzero(closing[:-1] & (places[1:] == places[:-1] + 1))
        self.out[places] = DOUBLE
        self.out[places[doubled]] = self.quote or 0
        self.dead[places[doubled + 1]] = True

    def take_escapes_out(self) -> None:
        rows, behind = self.rows(self.escaped), self.view.take(self.escaped)
        inside = (np.searchsorted(self.quotes, self.escaped) - self.first[rows]) % 2 == 1
        literal = inside & (behind == DOUBLE)
        special = ~inside & np.isin(behind, (self.delimiter, DOUBLE, LF, CR))
        self.slow[rows[special]] = True
        null = ~inside & (behind == NULL) & self._alone(rows)
        self.out[self.escaped[literal] - 1] = DOUBLE
        self.dead[self.escaped[~literal & ~null] - 1] = True

    def _alone(self, rows: Ints) -> Bools:
        """Tell escapes that with the byte behind them are a whole field."""
        before, after = self.escaped - 2, self.escaped + 1
        begins = (before < self.chunk.starts[rows]) | (self.view.take(np.maximum(before, 0)) == self.delimiter)
        last = self.view.take(np.minimum(after, self.view.size - 1))
        return begins & ((after == self.chunk.ends[rows]) | (last == self.delimiter))
