"""Find the structural bytes inside quotes, by the rules of Python's csv reader, for any quotes and without a loop.

Adjacent quotes form a run. Only a run of odd length changes the reader's state; a run of even length is an empty field,
doubled quotes or plain text. An odd run changes the state in one of two ways:

- A run at the start of a field (after a delimiter, a line end, or nothing) flips it. Outside quotes, it opens a field.
  Inside quotes, where that delimiter was text, it closes one.
- A run anywhere else leaves the reader outside. Inside quotes, it closes the field. Outside quotes, it is text.

Therefore, a byte is inside quotes if the number of flips since the last run of the second kind is odd.
"""

from dataclasses import dataclass

import numpy as np

from processor.records.extents import Bools, Ints


@dataclass(frozen=True, slots=True)
class Quoting:
    """For each structural byte, whether the text after it is `inside` quotes, and whether it is an `odd` quote.

    An odd quote is text in an unquoted field, or closes a field and has text after it.
    """

    inside: Bools
    odd: Bools


def read_quotes(at: Ints, quotes: Bools) -> Quoting:
    """Read the quotes among the structural bytes of a window, which starts with a record.

    `at` are the bytes' offsets in the window; `quotes` (shape: bytes) marks the quotes.
    """
    adjacent = at[1:] == at[:-1] + 1
    follows_mark = np.concatenate((at[:1] == 0, adjacent))  # or is at the record's start
    precedes_mark = np.concatenate((adjacent, np.ones(min(at.size, 1), np.bool_)))
    inside = np.logical_xor.accumulate(quotes)
    if not np.any(quotes & ~(inside & follows_mark | ~inside & precedes_mark)):
        return Quoting(inside, np.zeros(at.size, np.bool_))  # all quotes flip, as in most files: a third faster
    heads = quotes.copy()
    heads[1:] &= ~(quotes[:-1] & adjacent)
    odd_heads = heads & _odd_runs(heads, quotes)
    flips = np.cumsum(odd_heads & follows_mark, dtype=np.int32)
    inside = ((flips - np.maximum.accumulate(np.where(odd_heads & ~follows_mark, flips, 0))) & 1).view(np.bool_)[::4]
    before = np.concatenate((np.zeros(min(at.size, 1), np.bool_), inside[:-1]))
    return Quoting(inside, (heads & ~follows_mark & ~before) | (quotes & ~inside & ~precedes_mark))


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
    """Return the offsets of escaped bytes: those after the 1st, 3rd, … escape of each run; `at` are the escapes."""
    order = np.arange(at.size)
    heads = np.diff(at, prepend=-2) != 1
    run = order - np.maximum.accumulate(np.where(heads, order, 0))
    escaped = at[run % 2 == 0] + 1
    return escaped[escaped < size]
