"""A column's own regular expression: texts must match it as a whole, and may be rewritten."""

import re
from typing import Final

import polars as pl

from processor.validate.rewriting import Rewrite

#: `$1`, `${1}` and `$$` in a replacement. `$1a` names the group "1a".
_REFERENCE: Final = re.compile(r"\$(?:(?P<sign>\$)|\{(?P<braced>[0-9]+)\}|(?P<bare>[0-9]+)(?![0-9A-Za-z_]))")


def normaliser(pattern: str, replace: str | None) -> Rewrite:
    """Make the normaliser for texts that match the whole pattern (Rust's syntax: linear time, no look-around)."""
    whole = f"^(?:{pattern})$"
    if replace is not None and (pieces := _pieces(replace)) is not None:
        return _by_groups(pattern, pieces)

    def normalise(texts: pl.Series) -> pl.Series:
        text = pl.col("t")
        result = text if replace is None else text.str.replace(whole, replace)
        return texts.to_frame("t").select(pl.when(text.str.contains(whole)).then(result)).to_series()

    return normalise


def _pieces(replace: str) -> list[str | int] | None:
    """Split a replacement into texts and numbers of groups; None when it names a group or has a single `$`."""
    pieces: list[str | int] = []
    at = 0
    for reference in _REFERENCE.finditer(replace):
        number = reference["braced"] or reference["bare"]
        pieces += [replace[at : reference.start()], int(number) if number else "$"]
        at = reference.end()
    pieces.append(replace[at:])
    return None if any(isinstance(piece, str) and piece != "$" and "$" in piece for piece in pieces) else pieces


def _by_groups(pattern: str, pieces: list[str | int]) -> Rewrite:
    """Make a normaliser that matches once and joins the pieces: half the time of matching and then replacing."""
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
