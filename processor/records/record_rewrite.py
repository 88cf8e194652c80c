"""Rewrite single records of any dialect as RFC 4180, with the values that Python's csv reader finds in their fields."""

import re

from processor.model import Dialect

LINE_END = rb"\r\n?|\n|\Z"
NEVER = rb"(?!)"


class RecordRewriter:
    """The patterns of one dialect that find the values of fields."""

    def __init__(self, dialect: Dialect) -> None:
        self.delimiter, self.several = dialect.canonical_delimiter, dialect.several
        escaped = b"(%b.)|" % re.escape(dialect.escape.encode()) if dialect.escape else b"()"
        self.delimiters = re.compile(escaped + re.escape(self.several or b""), re.DOTALL)
        self.quote = (dialect.quote or "").encode()
        self.escape = (dialect.escape or "").encode()
        self.raw = _raw_field(re.escape(self.delimiter), re.escape(self.quote), re.escape(self.escape))
        self.opening = self.delimiter + self.quote
        self.is_standard = self.quote == b'"'
        q, x = re.escape(self.quote) or NEVER, re.escape(self.escape) or NEVER
        not_marks = b"[^%b]++|" % (re.escape(self.quote) + re.escape(self.escape)) if q is not NEVER else b""
        self.body = re.compile(b"%b((?:%b%b%b|%b.)*+)%b" % (q, not_marks, q, q, x, q), re.DOTALL)
        # Before any other byte an escape is text.
        marks = self.delimiter + (self.several or b"")[:1] + self.quote + self.escape + b"\r\n"
        pair = b"%b([%b])" % (x, re.escape(marks))
        self.pairs = re.compile(pair)
        self.pairs_or_doubled = re.compile(b"%b|%b(%b)" % (pair, q, q))
        self.needs_quotes = re.compile(b'[\r\n"' + re.escape(self.delimiter) + b"]")

    def rewrite(self, data: bytes, start: int, stop: int) -> bytes:
        """Return the record at `[start, stop)`, which is without its line end, in canonical form with LF."""
        text = data[start:stop]
        if self.several:
            data = text = self.delimiters.sub(lambda match: match[1] or self.delimiter, text)
            start, stop = 0, len(text)
        if not self.escape and not (self.quote and (text.startswith(self.quote) or self.opening in text)):
            fields = text.split(self.delimiter)  # no field is quoted: four times faster
            return self.delimiter.join([_quoted(field) if b'"' in field else field for field in fields]) + b"\n"
        fields = self.raw.findall(data, start, stop)
        if len(fields) > 1 and fields[-2][2] != self.delimiter:
            fields.pop()  # at the end of the last field the pattern matches the empty text once more
        canonical = [self._canonical(raw, irregular) for raw, irregular, _ in fields]
        if self.several:  # those within quotes are text
            canonical = [field.replace(self.delimiter, self.several) for field in canonical]
        return self.delimiter.join(canonical) + b"\n"

    def _canonical(self, raw: bytes, irregular: bytes) -> bytes:
        if not irregular and self.is_standard and (not self.escape or self.escape not in raw):
            return raw
        quoted = self.body.match(raw) if self.quote and raw.startswith(self.quote) else None
        if quoted:
            value = self._unquoted(quoted.group(1)) + self._unescaped(raw[quoted.end() :], after_quote=True)
            return _quoted(value)
        value = self._unescaped(raw)
        return _quoted(value) if self.needs_quotes.search(value) else value

    def _unquoted(self, body: bytes) -> bytes:
        if self.escape:
            return self.pairs_or_doubled.sub(_second_byte, body)
        return body.replace(self.quote * 2, self.quote)

    def _unescaped(self, text: bytes, *, after_quote: bool = False) -> bytes:
        """Remove the escapes that act; the byte after a closing quote is never an escape."""
        if not self.escape:
            return text
        return text[:after_quote] + self.pairs.sub(_second_byte, text[after_quote:])


def _raw_field(d: bytes, q: bytes, x: bytes) -> re.Pattern[bytes]:
    """Return the pattern of a field, by the rules of Python's csv reader; its groups: bytes, irregular bytes, end.

    `d`, `q` and `x` are the delimiter, the quote and the escape, escaped for `re`. Repeats are possessive, so that a
    16 MB field needs no memory for backtracking. The byte after a closing quote is plain text, even if it is the escape
    (CPython, _csv.c, state QUOTE_IN_QUOTED_FIELD).
    """
    escaped = b"|%b(?:.|\\Z)" % x if x else b""
    regular = b"(?:[^%b%b%b\r\n]++%b)*+" % (d, q, x, escaped)
    odd = NEVER
    if q:
        loose = b"(?:[^%b%b\r\n]++%b)*+" % (d, x, escaped)
        pair = b"|%b." % x if x else b""
        enclosed = b"%b(?:[^%b%b]++|%b%b%b)*+%b" % (q, q, x, q, q, pair, q)
        regular = b"(?:%b|%b)" % (enclosed, regular)
        odd = b"(?:%b[^%b\r\n]%b|(?!%b)%b)" % (enclosed, d, loose, q, loose)
    return re.compile(b"(%b(?=%b|%b)|(%b))(%b|%b)" % (regular, d, LINE_END, odd, d, LINE_END), re.DOTALL)


def _quoted(value: bytes) -> bytes:
    return b'"' + value.replace(b'"', b'""') + b'"'


def _second_byte(match: re.Match[bytes]) -> bytes:
    return match[match.lastindex or 0]
