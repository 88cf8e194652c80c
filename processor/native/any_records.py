"""Find the records of any text by the rules of Python's csv reader, also of records that are larger than a window."""

from dataclasses import dataclass, field
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from processor.native.library import KERNELS, address

Ints = npt.NDArray[np.int64]

#: Room for records: an eighth of the bytes, which shorter records fill before the window ends, and at least so many.
_LEAST_ROOM = 256
#: The fields of a struct `reading`, and the places in it that are read here.
_FIELDS, _PLACE, _OPENED, _USED = 16, 0, 6, 8
#: The most bytes that a delimiter may have after its first.
MOST_REST = 7
#: The places of the reader within quotes.
_QUOTED = (4, 5)
#: The bit of the kernel's `marks` for records with irregular quotes.
_IRREGULAR = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundRecords:
    """Consecutive records (each shape: records), with offsets in the window.

    `lines` counts the line ends up to and including each record's own, `longest` the bytes of its longest field with
    its quotes. `fields` is 0 for an empty line; for a comment, it is the negative number of those that it would have.
    `faults` is the number, from 1, of the field whose quotes may have moved values between fields; 0 if there is none.
    """

    ends: Ints
    nexts: Ints
    fields: npt.NDArray[np.int32]
    lines: Ints
    longest: Ints
    irregular: npt.NDArray[np.bool_]
    faults: npt.NDArray[np.int32]


class Care(IntEnum):
    """How much is believed of stray quotes; the values are those of `enum care` in reading.h."""

    LENIENT = 0
    IN_ORDER = 1
    WELL_IN_ORDER = 2
    STRICT = 3


@dataclass(slots=True)
class RecordReader:
    """A reader at the start of a record, by its marks as byte values (-1: there is no such mark).

    `rest` are the other bytes of a delimiter that has several, at most eight. With `skips_space`, white space before an
    opening quote is passed over. With the `width` of rows (0: not known), a field whose quote is never closed ends with
    its line, if the lines below are rows.
    """

    delimiter: int
    quote: int = -1
    escape: int = -1
    comment: int = -1
    rest: bytes = b""
    care: Care = Care.LENIENT
    skips_space: bool = False
    width: int = 0
    _state: Ints = field(init=False, default_factory=lambda: np.zeros(_FIELDS, np.int64))

    def read(self, window: npt.NDArray[np.uint8], *, final: bool, next_byte: int = -1) -> FoundRecords:
        """Return the records that end in the window; a later call goes on from the `used` bytes of this one.

        `next_byte` is the byte after the window, -1 if it is not known. With `final`, the text ends with the window.
        Fewer records are returned, and fewer bytes used, if the records are shorter than 8 bytes on average.
        """
        room = window.size // 8 + _LEAST_ROOM
        ends, nexts, lines, longest = (np.empty(room, np.int64) for _ in range(4))
        fields, faults, bits = np.empty(room, np.int32), np.empty(room, np.int32), np.empty(room, np.uint8)
        marks = self.marks
        count = KERNELS.ij_read_records(
            *(address(window), window.size, next_byte, final, address(marks)),
            *(address(ends), address(nexts), address(fields), address(lines), address(longest), address(bits)),
            *(address(faults), room, address(self._state)),
        )
        return FoundRecords(
            ends=ends[:count],
            nexts=nexts[:count],
            fields=fields[:count],
            lines=lines[:count],
            longest=longest[:count],
            irregular=(bits[:count] & _IRREGULAR).view(np.bool_),
            faults=faults[:count],
        )

    @property
    def marks(self) -> Ints:
        """The struct `dialect` of the kernels."""
        singles = (self.delimiter, self.quote, self.escape, self.comment)
        rest = (len(self.rest), *self.rest.ljust(MOST_REST, b"\0"))
        return np.array([*singles, *rest, self.care, self.skips_space, self.width], np.int64)

    @property
    def used(self) -> int:
        """The number of bytes that the last call has read."""
        return int(self._state[_USED])

    @property
    def opened(self) -> int | None:
        """The number of line ends before the quoted field that is still open; None if there is none."""
        return int(self._state[_OPENED]) if self._state[_PLACE] in _QUOTED else None
