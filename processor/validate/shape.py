"""Check the shape of records: which records can be parsed, which are skipped, and why the others are rejected."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from processor.errors import REJECTIONS
from processor.model import Chunk, Dialect, Field, Message, Offsets, Reason, Rejections

#: The codes whose message says how many fields a record has.
_ABOUT_WIDTH: Final = ("IJ401", "IJ402")
MISQUOTED: Final = "IJ419"


@dataclass(frozen=True, slots=True)
class Shape:
    """`keep` (shape: records) marks the records to parse; `skipped` counts blank lines; all others are rejected."""

    keep: npt.NDArray[np.bool_]
    skipped: int
    rejections: Rejections


def check_shape(chunk: Chunk, width: int, dialect: Dialect, fields: Sequence[Field] = ()) -> Shape:
    """Check each record of a chunk by what was counted from its bytes; the first reason that applies rejects it.

    `fields` say which column a field goes to.
    """
    doubtful = _doubtful_comments(chunk, width, dialect)
    blank = chunk.blank & ~doubtful
    unexplained = ~blank
    keep = unexplained & ~chunk.oversized & ~chunk.nul & (chunk.fields == width)
    misquoted = chunk.misquoted > 0 if chunk.misquoted.size else np.zeros(chunk.records, np.bool_)
    keep &= ~misquoted
    skipped = int(blank.sum())
    if np.array_equal(keep, unexplained):
        return Shape(keep, skipped, Rejections())
    reasons = (
        ("IJ408", chunk.oversized),
        ("IJ407", chunk.nul),
        ("IJ409", doubtful),
        (MISQUOTED, misquoted),
        ("IJ401", chunk.fields < width),
        ("IJ402", chunk.fields > width),
    )
    parts: list[Rejections] = []
    for code, mask in reasons:
        rejected = np.flatnonzero(unexplained & ~keep & mask)
        unexplained &= ~mask
        if code == MISQUOTED:
            parts += _misquoted(rejected, chunk, fields)
        else:
            parts += _rejected(rejected, code, chunk.fields, width)
    return Shape(keep, skipped, Rejections.joined(parts))


def _rejected(rejected: Offsets, code: str, fields: npt.NDArray[np.int32], width: int) -> Iterator[Rejections]:
    """Yield the rejections for one code, those of records with the same number of fields together."""
    if code not in _ABOUT_WIDTH:
        yield Rejections.of(rejected, Reason(None, code, REJECTIONS[code]))
        return
    widths, which = np.unique(fields[rejected], return_inverse=True)
    sentence = "{} ({} instead of {})"
    messages = [
        Message(sentence.format(REJECTIONS[code], found, width), fields=found, expected=width)
        for found in widths.tolist()
    ]
    yield Rejections(rejected, which.astype(np.int32), tuple(Reason(None, code, message) for message in messages))


def _misquoted(rejected: Offsets, chunk: Chunk, fields: Sequence[Field]) -> Iterator[Rejections]:
    """Yield the rejections for quotes, those at fault in the same field together."""
    columns = {field.index + 1: field.column.name for field in fields}
    faults = chunk.misquoted[rejected] if rejected.size else chunk.misquoted[:0]
    for number in np.unique(faults).tolist():
        message = Message(f"{REJECTIONS[MISQUOTED]} (field {number})", field=number)
        yield Rejections.of(rejected[faults == number], Reason(columns.get(number), MISQUOTED, message))


def _doubtful_comments(chunk: Chunk, width: int, dialect: Dialect) -> npt.NDArray[np.bool_]:
    """Mark the comments that would be rows of the right width, unless the job itself says what is a comment.

    A delimiter at the end of such a line is no further field, as in rows.
    """
    wide = chunk.fields <= -width
    if dialect.how.get("comment") != "found" or not wide.any():
        return np.zeros(chunk.records, np.bool_)
    for row in np.flatnonzero(wide & (chunk.fields < -width)).tolist():
        surplus = dialect.delimiter_bytes * (-int(chunk.fields[row]) - width)
        wide[row] = chunk.data.endswith(surplus, int(chunk.starts[row]), int(chunk.ends[row]))
    return wide
