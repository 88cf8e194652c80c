"""The records of a window of text, where its quotes are regular."""

import numpy as np
import numpy.typing as npt

from processor.native.library import KERNELS, address

Ints = npt.NDArray[np.int64]

_NO_ROOM = -2


def find_records(
    window: npt.NDArray[np.uint8], delimiter: int, quote: int | None, *, final: bool
) -> tuple[Ints, Ints, npt.NDArray[np.int32], Ints] | None:
    """Find the records that end in a window: their ends, where the next ones begin, their fields and line ends so far.

    None where a quote does anything but open and close a field, or a CR stands without its LF. `final`: the text ends
    with the window, so that the last record may lack its line end.
    """
    room = window.size // 16 + 1  # most records are longer than that
    while True:
        ends, nexts, lines = (np.empty(room, dtype=np.int64) for _ in range(3))
        fields = np.empty(room, dtype=np.int32)
        count = KERNELS.find_records(
            address(window),
            window.size,
            final,
            delimiter,
            delimiter if quote is None else quote,
            address(ends),
            address(nexts),
            address(fields),
            address(lines),
            room,
        )
        if count >= 0:
            return ends[:count], nexts[:count], fields[:count], lines[:count]
        if count != _NO_ROOM:
            return None
        room = window.size + 1
