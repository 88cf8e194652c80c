"""Check the shape of records: which records can be parsed, which are skipped, and why the others are rejected."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from processor.errors import REJECTIONS
from processor.model import Chunk, Rejections


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
    messages = tuple(
        f"{REJECTIONS[code]} ({int(chunk.fields[row])} instead of {width})"
        if code in {"IJ401", "IJ402"}
        else REJECTIONS[code]
        for row, code in zip(rows, codes, strict=True)
    )
    return Shape(keep, int(chunk.blank.sum()), Rejections(tuple(rows), (None,) * len(rows), tuple(codes), messages))
