"""Web addresses: scheme and host in lower case, the rest untouched."""

from typing import Final

import polars as pl

from processor.validate.distinct import Read, placed

_SCHEME: Final = r"^[a-zA-Z][a-zA-Z0-9+.-]*:"
_LABEL: Final = r"[\p{L}\p{N}](?:[\p{L}\p{N}\p{M}-]{0,61}[\p{L}\p{N}\p{M}])?"
_HOST: Final = (
    rf"(?:{_LABEL}\.)+(?:\p{{L}}[\p{{L}}\p{{M}}]+|xn--[a-z0-9-]+)\.?|localhost|(?:[0-9]{{1,3}}\.){{3}}[0-9]{{1,3}}"
)
ADDRESS: Final = rf"^(?P<origin>(?i:https?://(?:{_HOST}))(?::[0-9]{{1,5}})?)(?P<rest>(?:[/?#][^\s<>\"\\^`{{|}}]*)?)$"
#: ASCII addresses of the same shape; without the scripts and lengths of labels it takes a tenth of the time.
_SURE: Final = (
    r"^(?i:https?)://(?:[a-zA-Z0-9]+(?:-+[a-zA-Z0-9]+)*\.)+[a-zA-Z]{2,}(?::[0-9]{1,5})?"
    r"(?:[/?#][!#$%&'()*+,./0-9:;=?@A-Z\[\]_a-z~-]*)?$"
)
_LONG: Final = "//[^/?#:]{64}"
_LOUD: Final = "^[a-z]*(?:[A-Z]|://[^/?#]*[A-Z])"
#: Capitals behind the host, too: there they stay, so that lowering the whole text will not do.
_DEEP: Final = "://[^/?#]*[/?#].*[A-Z]"
_HALVES: Final = "^(?P<origin>[^/]+//[^/?#]+)(?P<rest>.*)$"


def normaliser(scheme: str | None) -> Read:
    """Make the reader of http and https addresses; those without a scheme get this one, or are refused."""

    def normalise(texts: pl.Series) -> pl.Series:
        text = pl.col("t").str.strip_chars()
        if scheme is not None:
            text = pl.when(text.str.contains(_SCHEME + "//")).then(text).otherwise(pl.lit(f"{scheme}://") + text)
        bare = texts.to_frame("t").select(text).to_series()
        sure = (bare.str.contains(_SURE) & ~bare.str.contains(_LONG)).fill_null(True)
        loud = sure & bare.str.contains(_LOUD).fill_null(False)
        deep = loud & bare.str.contains(_DEEP).fill_null(False)
        quiet = placed(bare, loud & ~deep, bare.filter(loud & ~deep).str.to_lowercase())
        return _put(_put(quiet, deep, _HALVES), ~sure, ADDRESS)

    return normalise


def _put(texts: pl.Series, where: pl.Series, pattern: str) -> pl.Series:
    """Lower the case of the origin where the mask holds; null where the pattern does not match."""
    if not where.any():
        return texts
    parts = texts.filter(where).str.extract_groups(pattern).struct
    return placed(texts, where, parts.field("origin").str.to_lowercase() + parts.field("rest"))
