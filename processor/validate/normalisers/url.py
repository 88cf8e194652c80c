"""Web addresses: scheme and host in lower case, the rest untouched."""

from typing import Final

import numpy as np
import polars as pl

from processor.validate.distinct import Read, placed
from processor.validate.plainbytes import among, capitals_in, lowered, rows_of, settled, texts_of
from processor.validate.raw import raw

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
#: The first two of these are those of `://`, the third ends the host.
_ENDS: Final = b"/?#"


def normaliser(scheme: str | None) -> Read:
    """Make the reader of http and https addresses; those without a scheme get this one, or are refused."""

    def normalise(texts: pl.Series) -> pl.Series:
        sure = texts.str.contains(_SURE).fill_null(False)
        rest = ~sure & texts.is_not_null()
        if scheme is not None and rest.any():
            led = _led(texts.filter(rest), scheme)
            texts, sure = placed(texts, rest, led), placed(sure, rest, led.str.contains(_SURE))
        sure &= ~texts.str.contains(_LONG).fill_null(False)
        fast = _quiet(texts) if sure.any() else texts
        return settled(texts, sure.to_numpy(), fast, _by_parts)

    return normalise


def _led(texts: pl.Series, scheme: str) -> pl.Series:
    """Put the scheme before addresses that have none."""
    text = pl.col("t").str.strip_chars()
    led = pl.when(text.str.contains(_SCHEME + "//")).then(text).otherwise(pl.lit(f"{scheme}://") + text)
    return texts.to_frame("t").select(led.alias(texts.name)).to_series()


def _quiet(texts: pl.Series) -> pl.Series:
    """Lower the case of scheme and host of sure addresses."""
    data, bounds = raw(texts)
    capitals, ends = np.flatnonzero(capitals_in(data)), np.flatnonzero(among(data, _ENDS))
    starts = bounds[rows_of(capitals, bounds)]
    in_origin = np.searchsorted(ends, capitals) - np.searchsorted(ends, starts) < 3
    return texts_of(lowered(data, capitals[in_origin]).tobytes(), np.diff(bounds), texts)


def _by_parts(texts: pl.Series) -> pl.Series:
    """Lower the case of the origin of any address; null where the pattern does not match."""
    parts = texts.str.strip_chars().str.extract_groups(ADDRESS).struct
    return parts.field("origin").str.to_lowercase() + parts.field("rest")
