"""Find the structural bytes inside quotes, by the rules of Python's csv reader, for any quotes and without a loop.

Adjacent quotes form a run. Only a run of odd length changes the reader's state; a run of even length is an empty field,
doubled quotes or plain text. An odd run changes the state in one of two ways:

- A run at the start of a field (behind a delimiter, a line end, or nothing) flips it. Outside quotes, it opens a field.
  Inside quotes, where that delimiter was text, it closes one.
- A run anywhere else leaves the reader outside. Inside quotes, it closes the field. Outside quotes, it is text.

Therefore, a byte is inside quotes if the number of flips since the last run of the second kind is odd.
"""

from dataclasses import dataclass

import numpy as np

from processor.records.extents import Bools, Ints


@dataclass(frozen=True, slots=True)
class Quoting:
    """For each structural byte, whether the text behind it is `inside` quotes, and whether it is an `odd` quote.

    An odd quote is text in an unquoted field, or closes a field and has text behind it.
    """

    inside: Bools
    odd: Bools


def read_quotes(at: Ints, quotes: Bools) -> Quoting:
    """Read the quotes among the structural bytes at `at`; these are places from the start of a window and a record."""
    near = at[1:] == at[:-1] + 1
    behind = np.concatenate((at[:1] == 0, near))  # a structural byte or the record's start is right before
    ahead = np.concatenate((near, np.ones(min(at.size, 1), np.bool_)))
    inside = np.logical_xor.accumulate(quotes)
    if not np.any(quotes & ~(inside & behind | ~inside & ahead)):
        return Quoting(inside, np.zeros(at.size, np.bool_))  # all quotes flip, as in most files: a third faster
    heads = quotes.copy()
    heads[1:] &= ~(quotes[:-1] & near)
    turns = heads & _odd_runs(heads, quotes)
    flips = np.cumsum(turns & behind, dtype=np.int32)
    inside = ((flips - np.maximum.accumulate(np.where(turns & ~behind, flips, 0))) & 1).view(np.bool_)[::4]
    before = np.concatenate((np.zeros(min(at.size, 1), np.bool_), inside[:-1]))
    return Quoting(inside, (heads & ~behind & ~before) | (quotes & ~inside & ~ahead))


def _odd_runs(heads: Bools, quotes: Bools) -> Bools:
    """Mark the heads of runs of odd length. If no quotes are adjacent, all runs have length 1."""
    places = np.flatnonzero(quotes)
    first = np.flatnonzero(heads.take(places))
    if first.size == places.size:
        return heads
    even = np.diff(first, append=places.size) % 2 == 0
    odd = heads.copy()
    odd[places.take(first[even])] = False
    return odd


def escaped_places(at: Ints, size: int) -> Ints:
    """Return the places of escaped bytes: those behind the 1st, 3rd, … of each run of the escapes at `at`."""
    order = np.arange(at.size)
    heads = np.diff(at, prepend=-2) != 1
    run = order - np.maximum.accumulate(np.where(heads, order, 0))
    behind = at[run % 2 == 0] + 1
    return behind[behind < size]
