"""A column's own regular expression: what must match as a whole, and what it is rewritten to."""

import polars as pl

from processor.validate.distinct import Read


def normaliser(pattern: str, replace: str | None) -> Read:
    """Make the reader of texts that match the whole pattern (Rust's syntax: linear time, no look-around)."""
    whole = f"^(?:{pattern})$"

    def normalise(texts: pl.Series) -> pl.Series:
        text = pl.col("t")
        result = text if replace is None else text.str.replace(whole, replace)
        return texts.to_frame("t").select(pl.when(text.str.contains(whole)).then(result)).to_series()

    return normalise
