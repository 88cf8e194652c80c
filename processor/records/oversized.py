"""Skip a record that is larger than the limit, in the memory of one field."""

import re

from processor.records.buffer import PIECE, Buffer
from processor.records.marks import CR, Marks
from processor.records.single_record import count_line_ends


class QuoteStillOpen(Exception):
    """The text ends within a quoted field of the record."""


class OversizedRecord:
    """The record at the buffer's start, which is counted while it is dropped.

    `size` counts bytes including the line end, `fields` and `lines` the fields and the physical line ends, and `opened`
    the line ends before the current quoted field. Complete fields are dropped one after the other. The bytes of an
    incomplete field are replaced by a few bytes that leave the reader in the same state.
    """

    def __init__(self, buffer: Buffer, marks: Marks) -> None:
        self.buffer, self.marks = buffer, marks
        self.size = self.fields = self.lines = self.opened = 0

    def skip(self) -> None:
        """Drop the record. Raises: QuoteStillOpen if the text ends within quotes."""
        while not self._drop_fields():
            self.buffer.fill(len(self.buffer.data) + PIECE)

    def _drop(self, size: int, rest: bytes = b"") -> None:
        self.lines += count_line_ends(self.buffer.data, 0, size)
        self.size += size - len(rest)
        self.buffer.data = rest + self.buffer.data[size:]

    def _drop_fields(self) -> bool:
        """Drop the complete fields in the buffer, and tell whether the last of them ends the record."""
        data, at = self.buffer.data, 0
        while (field := self.marks.field.match(data, at)) and self._is_complete(field):
            self.fields, at = self.fields + 1, field.end()
            end = field.group(2)
            if end[:1] != bytes([self.marks.delimiter]):
                self._drop(at)
                self.lines += not end  # the missing line end of the last record
                return True
        self._drop(at)
        if at:
            self.opened = self.lines
        if field is None:
            self._shorten_quoted()
        elif field.group(1) is not None or data[at : at + 1] != bytes([self.marks.quote or 0]):
            self._shorten()
        return False

    def _is_complete(self, field: re.Match[bytes]) -> bool:
        """Tell whether a field's end is certain; at the end of the buffer, more text or an LF may follow."""
        return field.end() < len(self.buffer.data) or self.buffer.final or field.group(2) not in (b"", b"\r")

    def _shorten(self) -> None:
        """Replace the current unquoted field by one plain byte and the bytes that may belong to the next one.

        These are escapes, whose number stays even or odd, and a CR.
        """
        data = self.buffer.data
        body = data.removesuffix(b"\r")
        escapes = len(body) - len(body.rstrip(bytes([self.marks.escape]))) if self.marks.escape is not None else 0
        keep = escapes and 2 - escapes % 2
        if len(body) > keep + 1:
            self._drop(len(body) - keep, b"x")

    def _shorten_quoted(self) -> None:
        """Replace the current quoted field by its quote, one plain byte and the bytes that may belong to the next one.

        These are quotes, escapes and a CR.
        """
        if self.buffer.final:
            raise QuoteStillOpen
        data = self.buffer.data
        body = data.rstrip(bytes(mark for mark in (CR, self.marks.quote, self.marks.escape) if mark is not None))
        if len(body) > 2:
            self._drop(len(body), data[:1] + b"x")
