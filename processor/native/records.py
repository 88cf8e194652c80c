"""Find the records of a window of text whose quotes are regular."""

import numpy as np
import numpy.typing as npt

from processor.native.library import KERNELS, address

Ints = npt.NDArray[np.int64]

_NO_ROOM = -2


def find_records(
    window: npt.NDArray[np.uint8], delimiter: int, quote: int | None, *, final: bool
) -> tuple[Ints, Ints, npt.NDArray[np.int32], Ints] | None:
    """Return the ends, the starts of the next records, the numbers of fields and the line ends so far of all records.

    These are the records that end in the window. Return None if a quote does anything but open and close a field, or if
    a CR stands without its LF. With `final`, the text ends with the window, so that the last record may lack its line
    end.
    """
    room = window.size // 16 + 1  # enough for records of 16 bytes on average, as most are longer
    while True:
        ends, nexts, lines = (np.empty(room, dtype=np.int64) for _ in range(3))
        fields = np.empty(room, dtype=np.int32)
        count = KERNELS.ij_find_records(
            *(address(window), window.size, final, delimiter, delimiter if quote is None else quote),
            *(address(ends), address(nexts), address(fields), address(lines), room),
        )
        if count >= 0:
            return ends[:count], nexts[:count], fields[:count], lines[:count]
        if count != _NO_ROOM:
            return None
        room = window.size + 1
