"""Skip a record that is larger than the limit, in the memory of one piece of it."""

import numpy as np

from processor.records.buffer import PIECE, Buffer
from processor.records.marks import Marks
from processor.records.scan import reader_of


class QuoteStillOpen(Exception):
    """The text ends within a quoted field of the record."""


class OversizedRecord:
    """The record at the buffer's start, which is counted while it is dropped.

    `size` counts bytes including the line end, `fields` and `lines` the fields and the physical line ends, and `opened`
    the line ends before the current quoted field.
    """

    def __init__(self, buffer: Buffer, marks: Marks) -> None:
        self.buffer, self._reader = buffer, reader_of(marks)
        self.size = self.fields = self.lines = self.opened = 0

    def skip(self) -> None:
        """Drop the record, piece by piece; each byte is read once.

        Raises: QuoteStillOpen if the text ends within quotes.
        """
        while True:
            piece = np.frombuffer(self.buffer.data, np.uint8)
            records = self._reader.read(piece, final=self.buffer.final)
            used = int(records.nexts[0]) if records.nexts.size else self._reader.used
            self.size += used
            self.buffer.take(used)
            if records.nexts.size:
                self.fields, self.lines = int(records.fields[0]), int(records.lines[0])
                return
            if self.buffer.final and not self.buffer.data:
                self.opened = self._reader.opened or 0
                raise QuoteStillOpen
            self.buffer.fill(len(self.buffer.data) + PIECE)
