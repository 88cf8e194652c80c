"""Check the shape of records: which records can be parsed, which are skipped, and why the others are rejected."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from processor.errors import REJECTIONS
from processor.model import Chunk, Dialect, Message, Rejections


@dataclass(frozen=True, slots=True)
class Shape:
    """`keep` (shape: records) marks the records to parse; `skipped` counts blank lines; all others are rejected."""

    keep: npt.NDArray[np.bool_]
    skipped: int
    rejections: Rejections


def check_shape(chunk: Chunk, width: int, dialect: Dialect) -> Shape:
    """Check each record of a chunk by what was counted from its bytes; the first reason that applies rejects it."""
    doubtful = _doubtful_comments(chunk, width, dialect)
    blank = chunk.blank & ~doubtful
    unexplained = ~blank
    keep = unexplained & ~chunk.oversized & ~chunk.nul & (chunk.fields == width)
    skipped = int(blank.sum())
    if np.array_equal(keep, unexplained):
        return Shape(keep, skipped, Rejections())
    reasons = (
        ("IJ408", chunk.oversized),
        ("IJ407", chunk.nul),
        ("IJ409", doubtful),
        ("IJ401", chunk.fields < width),
        ("IJ402", chunk.fields > width),
    )
    rows: list[int] = []
    codes: list[str] = []
    for code, mask in reasons:
        rejected = np.flatnonzero(unexplained & ~keep & mask)
        unexplained &= ~mask
        rows += rejected.tolist()
        codes += [code] * len(rejected)
    fields = chunk.fields[rows].tolist()
    sentences = {reason: _message(*reason, width) for reason in set(zip(codes, fields, strict=True))}
    messages = tuple(sentences[reason] for reason in zip(codes, fields, strict=True))
    return Shape(keep, skipped, Rejections(tuple(rows), (None,) * len(rows), tuple(codes), messages))


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


def _message(code: str, fields: int, width: int) -> str:
    if code in {"IJ401", "IJ402"}:
        return Message(f"{REJECTIONS[code]} ({fields} instead of {width})", fields=fields, expected=width)
    return REJECTIONS[code]
