"""Numbers: integers and floats by Polars's casts, numerics as whole numbers of the scale that their texts have."""

from typing import Final, cast

import numpy as np
import polars as pl

from processor.encode.raw import Bytes, Integers, column_of, raw
from processor.encode.values import complete

#: Digits that a decimal of 128 bits holds.
_DIGITS: Final = 38
#: Characters, and so digits, of a number that a float of 64 bits surely holds (DBL_DIG).
_FLOAT_DIGITS: Final = 15
#: Whole numbers up to this are floats of 64 bits, each of them.
_FLOAT_WHOLE: Final = 1 << 53
#: What a digit of Postgres's numeric counts to.
_BASE: Final = 10_000
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


def numeric(texts: pl.Series, limit: tuple[int, int] | None) -> pl.Series | None:
    """Read numerics of up to 38 digits; `limit` is the precision and scale of the column's type.

    A column with a scale of its own gives it to every value, and rounds on input. In one without, each value keeps the
    digits that its text has after the point. None as well where a text may be beyond the precision.
    """
    data, offsets = raw(texts)
    scales = _scales(data, offsets)
    if scales is None:
        return None
    longest = int(scales.max(initial=0))
    whole = _scaled(texts, offsets, longest)
    if whole is not None:
        largest = _largest(pl.Series(whole))
        return _laid_out(texts, whole, largest, scales, longest) if _fits(largest, longest, limit) else None
    if longest > _DIGITS:
        return None
    read = complete(texts, texts.cast(pl.Decimal(_DIGITS, longest), strict=False))
    if read is None or not _fits(_largest(read.to_physical()), longest, limit):
        return None
    alike = limit is not None or bool((scales[texts.is_not_null().to_numpy()] == longest).all())
    return read if alike else None


def _scales(data: Bytes, offsets: Integers) -> Integers | None:
    """Count the digits after each text's point; None when one has other marks than digits, points and signs."""
    if len(data) and (int(data.max()) > ord("9") or int(data.min()) < ord("+") or (data == ord(",")).any()):
        return None
    points = np.flatnonzero(data == ord("."))
    scales = np.zeros(len(offsets) - 1, dtype=np.int64)
    # With as many points as texts the n-th is the n-th text's, or some text has two, which is no number.
    rows = slice(None) if len(points) == len(scales) else np.searchsorted(offsets, points, side="right") - 1
    scales[rows] = offsets[1:][rows] - points - 1
    return scales


def _scaled(texts: pl.Series, offsets: Integers, scale: int) -> Integers | None:
    """Read numbers times a power of ten; None where one would not fit into 64 bits, or is none. Nulls are zero.

    A float of 64 bits holds 15 digits exactly, and Polars reads one in half of the time of a decimal.
    """
    if int(np.diff(offsets).max(initial=0)) <= _FLOAT_DIGITS:
        read = complete(texts, texts.cast(pl.Float64, strict=False))
        if read is None:
            return None
        floats = read.fill_null(0).to_numpy() * 10.0**scale
        if np.abs(floats).max(initial=0) <= _FLOAT_WHOLE:
            return np.rint(floats).astype(np.int64)
    if scale > _DIGITS:
        return None
    decimals = complete(texts, texts.cast(pl.Decimal(_DIGITS, scale), strict=False))
    whole = None if decimals is None else complete(texts, decimals.to_physical().cast(pl.Int64, strict=False))
    return None if whole is None else whole.fill_null(0).to_numpy()


def _largest(numbers: pl.Series) -> int:
    """Return the largest number whatever its sign; 0 where there is none."""
    return max(int(cast(int, numbers.max() or 0)), -int(cast(int, numbers.min() or 0)))


def _fits(largest: int, scale: int, limit: tuple[int, int] | None) -> bool:
    """Tell whether the largest number, times ten to the `scale`, is within the precision once it is rounded."""
    if limit is None:
        return True
    precision, kept = limit
    whole = precision - kept  # digits before the point; fewer than none where zeros must follow it
    unit = 10 ** max(0, -whole)
    half = 10 ** (scale - kept) if scale > kept else 0  # twice what is rounded up, away from zero
    return (2 * largest + half) * unit < 2 * 10 ** (max(0, whole) + scale)


def _laid_out(texts: pl.Series, whole: Integers, largest: int, scales: Integers, scale: int) -> pl.Series | None:
    """Lay numbers out as numeric_send does: count of digits, weight, sign, dscale, then digits of base 10,000.

    All have as many digits as the largest, since numeric_recv takes zeros at either end (PostgreSQL, make_result).
    """
    below = -(-scale // 4)  # digits of base 10,000 after the point
    unit = 10 ** (below * 4 - scale)
    if largest > _LARGEST // unit:
        return None
    count = max(1, -(-len(str(largest * unit)) // 4))
    laid = np.empty((len(whole), 4 + count), dtype=np.int16)
    laid[:, 0], laid[:, 1], laid[:, 3] = count, count - 1 - below, scales
    laid[:, 2] = np.where(whole < 0, _NEGATIVE, 0)
    rest = (np.abs(whole) * unit).astype(np.uint32 if largest * unit < 1 << 32 else np.uint64)
    for place in range(count - 1, -1, -1):
        above = rest // rest.dtype.type(_BASE)
        laid[:, 4 + place] = rest - above * rest.dtype.type(_BASE)
        rest = above
    return column_of(texts, laid.astype(">i2").tobytes(), laid.strides[0])
