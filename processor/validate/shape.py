"""Check the shape of records: which records can be parsed, which are skipped, and why the others are rejected."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from processor.errors import REJECTIONS
from processor.model import Chunk, Message, Rejections


@dataclass(frozen=True, slots=True)
class Shape:
    """`keep` (shape: records) marks the records to parse; `skipped` counts blank lines; all others are rejected."""

    keep: npt.NDArray[np.bool_]
    skipped: int
    rejections: Rejections


def check_shape(chunk: Chunk, width: int) -> Shape:
    """Check each record of a chunk by what was counted from its bytes; the first reason that applies rejects it."""
    unexplained = ~chunk.blank
    keep = unexplained & ~chunk.oversized & ~chunk.nul & (chunk.fields == width)
    if np.array_equal(keep, unexplained):
        return Shape(keep, int(chunk.blank.sum()), Rejections())
    reasons = (
        ("IJ408", chunk.oversized),
        ("IJ407", chunk.nul),
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
    sentence = {reason: _message(*reason, width) for reason in set(zip(codes, fields, strict=True))}
    messages = tuple(sentence[reason] for reason in zip(codes, fields, strict=True))
    return Shape(keep, int(chunk.blank.sum()), Rejections(tuple(rows), (None,) * len(rows), tuple(codes), messages))


def _message(code: str, fields: int, width: int) -> str:
    if code in {"IJ401", "IJ402"}:
        return Message(f"{REJECTIONS[code]} ({fields} instead of {width})", fields=fields, expected=width)
    return REJECTIONS[code]
