"""Read dates and timestamps that programs write as numbers: days of Excel, and seconds or milliseconds since 1970.

Source of Excel's day numbers: the 1900 system counts 1900-01-01 as 1 and has a day 60, 1900-02-29, which never was, so
that all days from 1900-03-01 (61) on are one too high.
"""

from typing import Final

import polars as pl

EXCEL: Final = "excel"
EPOCH: Final = "epoch"
EPOCH_MS: Final = "epoch_ms"
#: The names that stand among the formats of dates and timestamps for numbers.
NUMBERED: Final = frozenset({EXCEL, EPOCH, EPOCH_MS})

_DAY_US: Final = 86_400_000_000
#: What day 0 of Excel is for the days from 61 on, 1899-12-30, in days since 1970-01-01. Earlier days are one later.
_EXCEL_ZERO: Final = -25_569
_NO_DAY: Final = 60
#: 0001-01-01 and the end of 9999-12-31, in microseconds since 1970-01-01.
_FIRST: Final = -62_135_596_800_000_000
_LAST: Final = 253_402_300_799_999_999
#: Microseconds in the unit of a format, and to how many of them a fraction is rounded. Excel's own cells are exact to
#: the millisecond: it writes 12:30 as .520833333333333, which is 12:29:59.9999999712.
_UNITS: Final = {EXCEL: (_DAY_US, 1000), EPOCH: (1_000_000, 1), EPOCH_MS: (1000, 1)}
#: The most digits before the decimal mark. Longer numbers are beyond the year 9999.
_DIGITS: Final = {EXCEL: 7, EPOCH: 12, EPOCH_MS: 15}


def read_numbered(texts: pl.Series, notation: str, decimal: str, *, time: bool, zone: str | None) -> pl.Series:
    """Rewrite numbers as YYYY-MM-DD, with the time of day where `time`; null for what is no day of this notation.

    `decimal` is the mark before a fraction. A moment since 1970 is written in UTC with its offset, which a timestamp
    without time zone ignores; a day of Excel has no zone, and gets the name `zone` if there is one.
    """
    sign = "" if notation == EXCEL else "-?"
    pattern = (
        rf"^(?P<sign>{sign})(?P<whole>[0-9]{{1,{_DIGITS[notation]}}})(?:[{_escaped(decimal)}](?P<rest>[0-9]{{1,15}}))?$"
    )
    groups = texts.str.extract_groups(pattern).struct.unnest()
    unit, exact_to = _UNITS[notation]
    fraction = (pl.format("0.{}", pl.col("rest")).cast(pl.Float64) * (unit / exact_to)).round() * exact_to
    size = pl.col("whole").cast(pl.Int64) * unit + fraction.cast(pl.Int64).fill_null(0)
    since_1970 = (
        _excel_moment(size) if notation == EXCEL else size * pl.when(pl.col("sign") == "-").then(-1).otherwise(1)
    )
    moment = pl.when(since_1970.is_between(_FIRST, _LAST)).then(since_1970).cast(pl.Datetime("us"))
    form = "%Y-%m-%d %H:%M:%S%.6f" if time else "%Y-%m-%d"
    written = moment.dt.strftime(form)
    if time and notation != EXCEL:
        written += "+00"
    elif time and zone is not None:
        written += f" {zone}"
    return groups.select(written.alias(texts.name)).to_series()


def _excel_moment(size: pl.Expr) -> pl.Expr:
    """Return the microseconds since 1970 of a size in days of Excel; null for the day that never was, and before 1."""
    day = size // _DAY_US
    shift = pl.when(day > _NO_DAY).then(0).when(day.is_between(1, _NO_DAY - 1)).then(1)
    return size + (shift + _EXCEL_ZERO) * _DAY_US


def _escaped(mark: str) -> str:
    return f"\\{mark}" if mark in r"\]^-[&~" else mark
