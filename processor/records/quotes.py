"""Which structural bytes are inside quotes, by the rules of Python's csv reader, for any quotes and without a loop.

Quotes that touch each other form a run. Only runs of odd length change the reader's state (the others are empty
fields, doubled quotes or plain text), and each in one of two ways:

- a run at a field's start (behind a delimiter, a line end, or nothing) flips it: outside it opens a field; inside,
  where that delimiter was text, it closes one;
- a run anywhere else leaves the reader outside: inside it closes the field; outside it is text.

So a byte is inside if the number of flips since the last run of the second kind is odd.
"""

from dataclasses import dataclass

import numpy as np

from processor.records.found import Bools, Ints


@dataclass(frozen=True, slots=True)
class Quoting:
    """For each structural byte: whether what follows is `inside` quotes, and whether it is an `odd` quote.

    Odd is a quote that is text in an unquoted field, or that closes a field with text behind it.
    """

    inside: Bools
    odd: Bools


def read_quotes(at: Ints, quotes: Bools) -> Quoting:
    """Read the quotes among the structural bytes at `at` (places from the window's start, which is a record's)."""
    near = at[1:] == at[:-1] + 1
    behind = np.concatenate((at[:1] == 0, near))  # a structural byte, or the record's start, is just before
    ahead = np.concatenate((near, np.ones(min(at.size, 1), np.bool_)))
    inside = np.logical_xor.accumulate(quotes)
    if not np.any(quotes & ~(inside & behind | ~inside & ahead)):
        return Quoting(inside, np.zeros(at.size, np.bool_))  # every quote flips, as in most files: a third faster
    heads = quotes.copy()
    heads[1:] &= ~(quotes[:-1] & near)
    turns = heads & _odd_runs(heads, quotes)
    flips = np.cumsum(turns & behind, dtype=np.int32)
    inside = ((flips - np.maximum.accumulate(np.where(turns & ~behind, flips, 0))) & 1).view(np.bool_)[::4]
    before = np.concatenate((np.zeros(min(at.size, 1), np.bool_), inside[:-1]))
    return Quoting(inside, (heads & ~behind & ~before) | (quotes & ~inside & ~ahead))


def _odd_runs(heads: Bools, quotes: Bools) -> Bools:
    """Mark the heads of runs of odd length; where no quotes touch, all runs are of length 1."""
    places = np.flatnonzero(quotes)
    first = np.flatnonzero(heads.take(places))
    if first.size == places.size:
        return heads
    even = np.diff(first, append=places.size) % 2 == 0
    odd = heads.copy()
    odd[places.take(first[even])] = False
    return odd


def escaped_places(at: Ints, size: int) -> Ints:
    """Places that an escape takes the meaning from: behind the 1st, 3rd, … of each run of escapes `at`."""
    order = np.arange(at.size)
    heads = np.diff(at, prepend=-2) != 1
    run = order - np.maximum.accumulate(np.where(heads, order, 0))
    behind = at[run % 2 == 0] + 1
    return behind[behind < size]
