"""Find the bytes that an escape makes plain text."""

import numpy as np

from processor.records.extents import Ints


def escaped_places(at: Ints, size: int) -> Ints:
    """Return the offsets of escaped bytes: those after the 1st, 3rd, … escape of each run; `at` are the escapes."""
    order = np.arange(at.size)
    heads = np.diff(at, prepend=-2) != 1
    run = order - np.maximum.accumulate(np.where(heads, order, 0))
    escaped = at[run % 2 == 0] + 1
    return escaped[escaped < size]
