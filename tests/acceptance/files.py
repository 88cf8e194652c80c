"""CSV files that several tests of this room import."""

from __future__ import annotations


def quoted_rows(rows: int) -> bytes:
    """Return a file with the columns id, which counts from 0, and t, a quoted text with commas: some 90 bytes a row."""
    return b"id,t\n" + b"".join(b'%d,"%s"\n' % (key, b"x, y" * 20) for key in range(rows))


def padded_rows(rows: int, text_bytes: int = 1000, bad: range | tuple[int, ...] = ()) -> bytes:
    """Return a file with the columns id, which counts from 0 and is no number in the rows `bad`, and t."""
    lines = (b"%s%d,%s\n" % (b"x" if key in bad else b"", key, b"t" * text_bytes) for key in range(rows))
    return b"id,t\n" + b"".join(lines)
