"""Spell single records of any dialect as RFC 4180, with the values that Python's csv reader gives their fields."""

import re

from processor.model import Dialect
from processor.records.marks import NEVER, Marks


class Rewriter:
    """The patterns of one dialect that tell a field's value."""

    def __init__(self, dialect: Dialect) -> None:
        self.marks = Marks.of(dialect)
        self.delimiter = dialect.delimiter.encode()
        self.quote = (dialect.quote or "").encode()
        self.escape = (dialect.escape or "").encode()
        self.opening = self.delimiter + self.quote
        self.usual = self.quote == b'"'
        q, x = re.escape(self.quote) or NEVER, re.escape(self.escape) or NEVER
        not_marks = b"[^%b]++|" % (re.escape(self.quote) + re.escape(self.escape)) if q is not NEVER else b""
        self.body = re.compile(b"%b((?:%b%b%b|%b.)*+)%b" % (q, not_marks, q, q, x, q), re.DOTALL)
        self.pairs = re.compile(b"%b(.)" % x, re.DOTALL)
        self.pairs_or_doubled = re.compile(b"%b(.)|%b(%b)" % (x, q, q), re.DOTALL)
        self.needs_quotes = re.compile(b'[\r\n"' + re.escape(self.delimiter) + b"]")

    def rewrite(self, data: bytes, start: int, stop: int) -> bytes:
        """Give the record at `[start, stop)` (without its line end) in canonical form, with LF."""
        text = data[start:stop]
        if not self.escape and not (self.quote and (text.startswith(self.quote) or self.opening in text)):
            fields = text.split(self.delimiter)  # nothing is enclosed: four times faster
            return self.delimiter.join([_enclosed(field) if b'"' in field else field for field in fields]) + b"\n"
        found = self.marks.raw.findall(data, start, stop)
        if len(found) > 1 and found[-2][2] != self.delimiter:
            found.pop()  # behind the last field the pattern finds nothing once more
        return self.delimiter.join([self._canonical(raw, odd) for raw, odd, _ in found]) + b"\n"

    def _canonical(self, raw: bytes, odd: bytes) -> bytes:
        if not odd and self.usual and (not self.escape or self.escape not in raw):
            return raw
        quoted = self.body.match(raw) if self.quote and raw.startswith(self.quote) else None
        if quoted:
            value = self._inside(quoted.group(1)) + self._outside(raw[quoted.end() :], behind_quote=True)
            return _enclosed(value)
        value = (
            raw if raw == self.escape + b"N" else self._outside(raw)
        )  # \N: the null of MySQL and of Postgres's text format
        return _enclosed(value) if self.needs_quotes.search(value) else value

    def _inside(self, body: bytes) -> bytes:
        if self.escape:
            return self.pairs_or_doubled.sub(_second, body)
        return body.replace(self.quote * 2, self.quote)

    def _outside(self, text: bytes, *, behind_quote: bool = False) -> bytes:
        """Take the escapes out; the byte behind a closing quote is never one."""
        if not self.escape:
            return text
        return text[:behind_quote] + self.pairs.sub(_second, text[behind_quote:])


def _enclosed(value: bytes) -> bytes:
    return b'"' + value.replace(b'"', b'""') + b'"'


def _second(match: re.Match[bytes]) -> bytes:
    return match[match.lastindex or 0]
