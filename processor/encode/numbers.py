"""Numbers: integers and floats by Polars's casts, numerics as decimals of the scale that their texts have."""

from typing import Final

import numpy as np
import polars as pl

from processor.encode.raw import Integers, column_of, raw
from processor.encode.values import complete

#: Digits that a decimal of 128 bits holds.
_DIGITS: Final = 38
#: A digit of Postgres's numeric; five of them hold any 64 bit integer.
_BASE: Final = 10_000
_PLACES: Final = 5
_LARGEST: Final = (1 << 63) - 1
_NEGATIVE: Final = 0x4000


def integer(texts: pl.Series, dtype: type[pl.DataType]) -> pl.Series | None:
    """Read whole numbers: Polars takes exactly `[+-]?[0-9]+` within the range, and Postgres reads those alike."""
    return complete(texts, texts.cast(dtype, strict=False))


def floating(texts: pl.Series, dtype: type[pl.DataType], smallest: float) -> pl.Series | None:
    """Read floats; Polars and strtod both round correctly.

    Infinities are left to the text path, where Postgres refuses what overflows, and so is what is smaller than
    `smallest` without being plain zero: platforms differ about refusing it.
    """
    read = texts.cast(dtype, strict=False)
    if read.null_count() > texts.null_count() or not read.is_finite().all():
        return None
    small = read.abs() < smallest
    if small.any() and not texts.filter(small).str.contains(r"^[+-]?0*\.?0*$").all():
        return None
    return read


def numeric(texts: pl.Series, has_scale: bool) -> pl.Series | None:
    """Read numerics of up to 38 digits.

    A column with a scale of its own gives it to every value, and rounds on input, so all texts may be read with the
    longest fraction among them. In one without, each value keeps the digits that its text has after the point.
    """
    scales = _scales(texts)
    if scales is None:
        return None
    longest = int(scales.max(initial=0))
    if longest > _DIGITS:
        return None
    read = complete(texts, texts.cast(pl.Decimal(_DIGITS, longest), strict=False))
    if read is None or has_scale or (scales[texts.is_not_null().to_numpy()] == longest).all():
        return read
    return _mixed(texts, read, scales, longest)


def _scales(texts: pl.Series) -> Integers | None:
    """Count the digits after each text's point; None when one has letters, such as an exponent."""
    data, offsets = raw(texts)
    if (data > ord("9")).any():
        return None
    points = np.flatnonzero(data == ord("."))
    scales = np.zeros(len(texts), dtype=np.int64)
    # With as many points as texts the n-th is the n-th text's, or some text has two, which is no number.
    rows = slice(None) if len(points) == len(texts) else np.searchsorted(offsets, points, side="right") - 1
    scales[rows] = offsets[1:][rows] - points - 1
    return scales


def _mixed(texts: pl.Series, read: pl.Series, scales: Integers, scale: int) -> pl.Series | None:
    """Lay out numerics of different scales as numeric_send does, where they fit into 64 bits.

    ndigits, weight, sign, dscale, then base 10,000 digits without zeros at either end.
    """
    below = -(-scale // 4)  # base 10,000 digits after the point
    unit = 10 ** (below * 4 - scale)
    whole = complete(texts, read.to_physical().cast(pl.Int64, strict=False))
    if whole is None or below > _PLACES:
        return None
    signed = whole.fill_null(0).to_numpy()
    if max(int(signed.max()), -int(signed.min())) > _LARGEST // unit:
        return None
    places = _places(np.abs(signed) * unit)
    used = places != 0
    first = used.argmax(axis=1)
    count = np.where(used.any(axis=1), _PLACES - used[:, ::-1].argmax(axis=1) - first, 0)
    weight = np.where(count > 0, _PLACES - 1 - below - first, 0)
    header = np.column_stack([count, weight, np.where(signed < 0, _NEGATIVE, 0), scales])
    after = np.arange(_PLACES) - first[:, None]
    kept = np.column_stack([np.ones_like(header, dtype=np.bool_), (after >= 0) & (after < count[:, None])])
    payload = np.column_stack([header, places]).astype(">i2")[kept]
    return column_of(texts, payload.tobytes(), 8 + 2 * count)


def _places(magnitudes: Integers) -> Integers:
    """Split numbers into base 10,000 digits, the highest first."""
    places = np.empty((len(magnitudes), _PLACES), dtype=np.int64)
    for place in reversed(range(_PLACES)):
        magnitudes, places[:, place] = np.divmod(magnitudes, _BASE)
    return places
