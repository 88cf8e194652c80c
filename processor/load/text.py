"""Encode rows for COPY's CSV format: null is an empty field, the empty text a quoted one."""

from io import BytesIO

import polars as pl


def encode_text(frame: pl.DataFrame) -> bytes:
    """Encode the rows of a frame whose columns are texts or whole numbers."""
    if frame.width == 1:
        return _encode_single(frame.to_series())
    buffer = BytesIO()
    frame.write_csv(buffer, include_header=False)
    return buffer.getvalue()


def _encode_single(column: pl.Series) -> bytes:
    """Encode one column with every text quoted: before PostgreSQL 18, a line of `\\.` alone ends a CSV COPY."""
    escaped = pl.col("c").str.replace_all('"', '""', literal=True)
    lines = column.to_frame("c").select(pl.concat_str(pl.lit('"'), escaped, pl.lit('"')).fill_null(""))
    return b"".join(line.encode() + b"\n" for line in lines.to_series())
