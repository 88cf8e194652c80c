"""Get past a record that is larger than the limit, in the memory of one field."""

import re

from processor.records.buffer import PIECE, Buffer
from processor.records.exact import line_ends
from processor.records.marks import CR, Marks


class StillQuoted(Exception):
    """The text ends within a quoted field of the giant."""


class Giant:
    """The record at the buffer's start, counted while it is dropped: its `size` with the line end, its `fields`, its
    `lines`, and `opened`, those before the quoted field in hand.

    Complete fields are dropped as they come. What is held of one that goes on is replaced by a few bytes that leave the
    reader in the same state.
    """

    def __init__(self, buffer: Buffer, marks: Marks) -> None:
        self.buffer, self.marks = buffer, marks
        self.size = self.fields = self.lines = self.opened = 0

    def skip(self) -> None:
        """Drop the record; raises `StillQuoted` when the text ends within quotes."""
        while not self._fields():
            self.buffer.fill(len(self.buffer.data) + PIECE)

    def _drop(self, size: int, rest: bytes = b"") -> None:
        self.lines += line_ends(self.buffer.data, 0, size)
        self.size += size - len(rest)
        self.buffer.data = rest + self.buffer.data[size:]

    def _fields(self) -> bool:
        """Drop the complete fields of what is held; tell whether the record has ended with one."""
        data, at = self.buffer.data, 0
        while (field := self.marks.field.match(data, at)) and self._complete(field):
            self.fields, at = self.fields + 1, field.end()
            end = field.group(2)
            if end[:1] != bytes([self.marks.delimiter]):
                self._drop(at)
                self.lines += not end  # the line end that the last record lacks
                return True
        self._drop(at)
        if at:
            self.opened = self.lines
        if field is None:
            self._shorten_quoted()
        elif field.group(1) is not None or data[at : at + 1] != bytes([self.marks.quote or 0]):
            self._shorten()
        return False

    def _complete(self, field: re.Match[bytes]) -> bool:
        """Tell whether a field's end is certain: at the end of what is held, nothing or a CR is not."""
        return field.end() < len(self.buffer.data) or self.buffer.final or field.group(2) not in (b"", b"\r")

    def _shorten(self) -> None:
        """Replace the field in hand by one plain byte and what may belong to its next byte: escapes in even or odd
        number, a CR.
        """
        data = self.buffer.data
        body = data.removesuffix(b"\r")
        escapes = len(body) - len(body.rstrip(bytes([self.marks.escape]))) if self.marks.escape is not None else 0
        keep = escapes and 2 - escapes % 2
        if len(body) > keep + 1:
            self._drop(len(body) - keep, b"x")

    def _shorten_quoted(self) -> None:
        """Keep the quote that opened and what may belong to the next byte: quotes, escapes, a CR."""
        if self.buffer.final:
            raise StillQuoted
        data = self.buffer.data
        body = data.rstrip(bytes(mark for mark in (CR, self.marks.quote, self.marks.escape) if mark is not None))
        if len(body) > 2:
            self._drop(len(body), data[:1] + b"x")
