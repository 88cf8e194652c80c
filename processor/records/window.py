"""The window of the text that one scan examines."""

from dataclasses import dataclass

import numpy as np

from processor.records.extents import Bytes
from processor.records.marks import Marks


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """The bytes `[start, stop)` of `data`, which begin with a record.

    `final` says that the text ends at `stop`, so that the last record may lack its line end.
    """

    data: bytes
    start: int
    stop: int
    final: bool
    marks: Marks

    @property
    def size(self) -> int:
        """The number of bytes."""
        return self.stop - self.start

    @property
    def view(self) -> Bytes:
        """The bytes as an array, without a copy."""
        return np.frombuffer(self.data, np.uint8, self.size, self.start)

    @property
    def next_byte(self) -> int:
        """The byte after the window, -1 if it is not known yet."""
        return self.data[self.stop] if self.stop < len(self.data) else -1

    def has(self, mark: int | None) -> bool:
        """Return whether a mark occurs; None does not."""
        return mark is not None and self.data.find(mark, self.start, self.stop) >= 0
