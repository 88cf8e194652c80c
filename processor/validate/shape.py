"""The shape of records: which can be parsed at all, which are passed over, and why the others are rejected."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from processor.errors import REJECTIONS
from processor.model import Chunk, Rejections


@dataclass(frozen=True, slots=True)
class Shape:
    """`keep` (shape: records) marks the records to parse; `skipped` counts blank lines; the rest is rejected."""

    keep: npt.NDArray[np.bool_]
    skipped: int
    rejections: Rejections


def judge_shape(chunk: Chunk, width: int) -> Shape:
    """Judge each record by what was counted from its bytes; the first reason that applies is the one that is told."""
    todo = ~chunk.blank
    keep = todo & ~chunk.oversized & ~chunk.nul & (chunk.fields == width)
    if np.array_equal(keep, todo):
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
        hit = np.flatnonzero(todo & ~keep & mask)
        todo &= ~mask
        rows += hit.tolist()
        codes += [code] * len(hit)
    messages = tuple(
        f"{REJECTIONS[code]} ({int(chunk.fields[row])} instead of {width})"
        if code in {"IJ401", "IJ402"}
        else REJECTIONS[code]
        for row, code in zip(rows, codes, strict=True)
    )
    return Shape(keep, int(chunk.blank.sum()), Rejections(tuple(rows), (None,) * len(rows), tuple(codes), messages))
