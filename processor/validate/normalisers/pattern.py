"""A column's own regular expression: what must match as a whole, and what it is rewritten to."""

import re
from typing import Final

import polars as pl

from processor.validate.distinct import Read

#: Groups by number in a replacement, and the sign itself. `$1a` names a group "1a".
_REFERENCE: Final = re.compile(r"\$(?:(?P<sign>\$)|\{(?P<braced>[0-9]+)\}|(?P<bare>[0-9]+)(?![0-9A-Za-z_]))")


def normaliser(pattern: str, replace: str | None) -> Read:
    """Make the reader of texts that match the whole pattern (Rust's syntax: linear time, no look-around)."""
    whole = f"^(?:{pattern})$"
    if replace is not None and (pieces := _pieces(replace)) is not None:
        return _composed(pattern, pieces)

    def normalise(texts: pl.Series) -> pl.Series:
        text = pl.col("t")
        result = text if replace is None else text.str.replace(whole, replace)
        return texts.to_frame("t").select(pl.when(text.str.contains(whole)).then(result)).to_series()

    return normalise


def _pieces(replace: str) -> list[str | int] | None:
    """Take a replacement apart into texts and numbers of groups; None where it names groups, or cannot be read."""
    pieces: list[str | int] = []
    at = 0
    for found in _REFERENCE.finditer(replace):
        number = found["braced"] or found["bare"]
        pieces += [replace[at : found.start()], int(number) if number else "$"]
        at = found.end()
    pieces.append(replace[at:])
    return None if any(isinstance(piece, str) and piece != "$" and "$" in piece for piece in pieces) else pieces


def _composed(pattern: str, pieces: list[str | int]) -> Read:
    """Match and take groups in one go, and put the pieces together: half the time of matching and then replacing."""
    whole = f"^({pattern})$"

    def normalise(texts: pl.Series) -> pl.Series:
        groups = texts.str.extract_groups(whole).struct
        names = groups.fields
        parts = [
            pl.lit(piece) if isinstance(piece, str) else pl.col(names[piece]).fill_null("")
            for piece in pieces
            if (piece if isinstance(piece, str) else piece < len(names))
        ]
        result = pl.concat_str(parts) if parts else pl.lit("")
        return groups.unnest().select(pl.when(pl.col(names[0]).is_not_null()).then(result)).to_series()

    return normalise
