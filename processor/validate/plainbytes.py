"""Rewrite many short texts through one array of their bytes: half the time of a regular expression, or less.

Joining 1,000,000 texts takes 25 ms, reading them back as lines of a file 100 ms; in between, numpy or bytes.translate
work on all at once. No text may contain a line end, be empty or null: callers have matched them first.
"""

import numpy as np
import polars as pl


def without(texts: pl.Series, marks: bytes) -> pl.Series:
    """Remove ASCII characters from texts of which none becomes empty."""
    return _lines(_joined(texts, "\n").translate(None, marks), texts.name)


def rearranged(texts: pl.Series, width: int, pieces: list[slice | bytes]) -> pl.Series:
    """Put ASCII texts of `width` characters together anew, from slices of themselves and constant bytes."""
    old = np.frombuffer(_joined(texts, ""), dtype=np.uint8).reshape(-1, width)
    parts = [
        old[:, piece]
        if isinstance(piece, slice)
        else np.broadcast_to(np.frombuffer(piece, dtype=np.uint8), (len(old), len(piece)))
        for piece in (*pieces, b"\n")
    ]
    return _lines(np.concatenate(parts, axis=1).tobytes(), texts.name)


def _joined(texts: pl.Series, between: str) -> bytes:
    return str(texts.str.join(between).item()).encode()


def _lines(data: bytes, name: str) -> pl.Series:
    # A byte that no text contains as separator: one column, whatever is in it.
    frame = pl.read_csv(data, has_header=False, schema={name or "t": pl.String}, separator="\x01", quote_char=None)
    return frame.to_series()
