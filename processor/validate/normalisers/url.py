"""Web addresses: scheme and host in lower case, the rest untouched."""

from typing import Final

import polars as pl

from processor.validate.distinct import Read

_SCHEME: Final = r"^[a-zA-Z][a-zA-Z0-9+.-]*:"
_LABEL: Final = r"[\p{L}\p{N}](?:[\p{L}\p{N}\p{M}-]{0,61}[\p{L}\p{N}\p{M}])?"
_HOST: Final = (
    rf"(?:{_LABEL}\.)+(?:\p{{L}}[\p{{L}}\p{{M}}]+|xn--[a-z0-9-]+)\.?|localhost|(?:[0-9]{{1,3}}\.){{3}}[0-9]{{1,3}}"
)
_ADDRESS: Final = rf"^(?P<origin>(?i:https?://(?:{_HOST}))(?::[0-9]{{1,5}})?)(?P<rest>(?:[/?#][^\s<>\"\\^`{{|}}]*)?)$"


def normaliser(scheme: str | None) -> Read:
    """Make the reader of http and https addresses; those without a scheme get this one, or are refused."""

    def normalise(texts: pl.Series) -> pl.Series:
        text = pl.col("t").str.strip_chars()
        if scheme is not None:
            text = pl.when(text.str.contains(_SCHEME + "//")).then(text).otherwise(pl.lit(f"{scheme}://") + text)
        parts = text.str.extract_groups(_ADDRESS)
        whole = parts.struct.field("origin").str.to_lowercase() + parts.struct.field("rest")
        return texts.to_frame("t").select(whole).to_series()

    return normalise
