"""Web addresses: scheme and host become lower case, the rest stays as it is."""

from typing import Final

import numpy as np
import polars as pl

from processor.validate.rewriting import Rewrite, complete, replace_where
from processor.validate.text_bytes import bytes_of, is_capital, is_one_of, lower_at, rows_at, texts_from

_SCHEME: Final = r"^[a-zA-Z][a-zA-Z0-9+.-]*:"
_LABEL: Final = r"[\p{L}\p{N}](?:[\p{L}\p{N}\p{M}-]{0,61}[\p{L}\p{N}\p{M}])?"
_HOST: Final = (
    rf"(?:{_LABEL}\.)+(?:\p{{L}}[\p{{L}}\p{{M}}]+|xn--[a-z0-9-]+)\.?|localhost|(?:[0-9]{{1,3}}\.){{3}}[0-9]{{1,3}}"
)
ADDRESS: Final = rf"^(?P<origin>(?i:https?://(?:{_HOST}))(?::[0-9]{{1,5}})?)(?P<rest>(?:[/?#][^\s<>\"\\^`{{|}}]*)?)$"
#: Common ASCII addresses. This pattern ignores other scripts and the length of labels, and takes a tenth of the time.
_COMMON: Final = (
    r"^(?i:https?)://(?:[a-zA-Z0-9]+(?:-+[a-zA-Z0-9]+)*\.)+[a-zA-Z]{2,}(?::[0-9]{1,5})?"
    r"(?:[/?#][!#$%&'()*+,./0-9:;=?@A-Z\[\]_a-z~-]*)?$"
)
_LONG: Final = "//[^/?#:]{64}"
#: Marks that end a part of an address. The first two in an address are those of `://`, the third ends the host.
_END_MARKS: Final = b"/?#"


def normaliser(scheme: str | None) -> Rewrite:
    """Make the normaliser of http and https addresses.

    Addresses without a scheme get `scheme`; if it is None, they are invalid.
    """

    def normalise(texts: pl.Series) -> pl.Series:
        common = texts.str.contains(_COMMON).fill_null(False)
        rest = ~common & texts.is_not_null()
        if scheme is not None and rest.any():
            with_scheme = _with_scheme(texts.filter(rest), scheme)
            texts = replace_where(texts, rest, with_scheme)
            common = replace_where(common, rest, with_scheme.str.contains(_COMMON))
        common &= ~texts.str.contains(_LONG).fill_null(False)
        fast = _lower_origins(texts) if common.any() else texts
        return complete(texts, fast, common.to_numpy(), _by_parts)

    return normalise


def _with_scheme(texts: pl.Series, scheme: str) -> pl.Series:
    """Prepend the scheme to addresses that have none."""
    text = pl.col("t").str.strip_chars()
    result = pl.when(text.str.contains(_SCHEME + "//")).then(text).otherwise(pl.lit(f"{scheme}://") + text)
    return texts.to_frame("t").select(result.alias(texts.name)).to_series()


def _lower_origins(texts: pl.Series) -> pl.Series:
    """Rewrite the scheme and host of common addresses in lower case."""
    data, bounds = bytes_of(texts)
    capitals, ends = np.flatnonzero(is_capital(data)), np.flatnonzero(is_one_of(data, _END_MARKS))
    starts = bounds[rows_at(capitals, bounds)]
    in_origin = np.searchsorted(ends, capitals) - np.searchsorted(ends, starts) < 3
    return texts_from(lower_at(data, capitals[in_origin]).tobytes(), np.diff(bounds), texts)


def _by_parts(texts: pl.Series) -> pl.Series:
    """Rewrite the scheme and host of any address in lower case; null where the pattern does not match."""
    parts = texts.str.strip_chars().str.extract_groups(ADDRESS).struct
    return parts.field("origin").str.to_lowercase() + parts.field("rest")
