"""Join the records of a chunk as RFC 4180, and rewrite those with irregular quotes or escapes on the way."""

from enum import IntEnum

import numpy as np
import numpy.typing as npt

from processor.native.any_records import RecordReader
from processor.native.library import KERNELS, address

Bytes = npt.NDArray[np.uint8]
Ints = npt.NDArray[np.int64]


class Action(IntEnum):
    """What happens to a record; the values are those of `enum action` in canonical.c."""

    DROP = 0
    COPY = 1
    REWRITE = 2


def join_records(
    data: bytes,
    changed: bytes,
    *,
    removed: npt.NDArray[np.bool_] | None,
    starts: Ints,
    ends: Ints,
    actions: Bytes,
    reader: RecordReader,
    delimiter: int,
) -> bytes:
    """Return the records as RFC 4180 with the byte `delimiter`; `actions` (shape: records) says what happens to each.

    A copied record is its part of `changed` without the `removed` bytes (a mask; None: none are), up to the start of
    the next one. A rewritten one is made of its part of `data`, without its line end, by the marks of `reader`.
    """
    nexts = np.append(starts[1:], len(changed))
    rewritten = actions == Action.REWRITE
    sizes = np.where(rewritten, 4 * (ends - starts) + 3, (nexts - starts) * (actions == Action.COPY))
    out = np.empty(int(sizes.sum()) + 1, np.uint8)  # costs nothing where nothing is written
    marks = reader.marks
    size = KERNELS.ij_join_records(
        *(data, changed, None if removed is None else address(removed)),
        *(address(starts), address(ends), address(nexts), address(actions), starts.size),
        *(address(marks), delimiter, address(out)),
    )
    return out[:size].tobytes()
