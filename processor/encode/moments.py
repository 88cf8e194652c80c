"""Dates and times in ISO forms, with numpy: the microseconds and days that Postgres counts from 2000-01-01."""

import re
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import polars as pl

from processor.encode.raw import Bytes, Integers, raw, where_present

Kind = Literal["date", "time", "timestamp", "timestamptz"]

_FORM: Final = re.compile(
    rb"(?P<date>[0-9]{4}-[0-9]{2}-[0-9]{2})?(?P<gap>[ T])?"
    rb"(?:(?P<time>[0-9]{2}:[0-9]{2})(?P<seconds>:[0-9]{2}(?P<fraction>\.[0-9]{1,9})?)?"
    rb"(?P<zone>Z| UTC| ?[+-][0-9]{2}(?P<minutes>:?[0-9]{2})?)?)?"
)
#: The same byte for every digit, each other byte for itself: what two texts of one layout have in common.
_ALIKE: Final = bytes(ord("0") if ord("0") <= byte <= ord("9") else byte for byte in range(256))
#: 2026-11-22 10:00:00.123456789 +05:30
_LONGEST: Final = 36
_FIRST_YEAR: Final = 1000
#: The day on which each month begins, from January 1000 to January 10000.
_MONTHS: Final = (
    np.arange("1000-01", "10000-02", dtype="datetime64[M]").astype("datetime64[D]") - np.datetime64("2000-01-01", "D")
).astype(np.int64)
_SECOND: Final = 1_000_000
_DAY: Final = 86_400 * _SECOND
#: Postgres takes displacements up to 15:59; validation is sure of those up to 14:59.
_ZONE_HOURS: Final = 14


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the parts of a text are: the place of each in bytes, None where it has none, and the fraction's digits."""

    date: int | None
    time: int | None
    seconds: int | None
    fraction: int
    sign: int | None
    minutes: int | None


def moment(texts: pl.Series, of: Kind) -> pl.Series | None:
    """Read dates as days, the others as microseconds; None when one is not in the ISO form of its type.

    A timestamptz must name its displacement: without one it is the session's time zone that counts. A timestamp's is
    passed over, as Postgres does. Fractions have up to nine digits, rounded as Postgres does it.
    """
    data, offsets = raw(texts)
    lengths = np.diff(offsets)
    present = lengths[texts.is_not_null().to_numpy()] if texts.null_count() else lengths
    if not len(present):
        return texts.cast(pl.Int64)
    shortest, longest = int(present.min()), int(present.max())
    if not 0 < shortest <= longest <= _LONGEST:
        return None
    if shortest == longest and len(present) == len(texts):
        read = _read(data.reshape(-1, longest), of)
    else:
        read = _read_widths(data, offsets, np.flatnonzero(np.bincount(present)), of)
    if read is None:
        return None
    values = pl.Series(texts.name, read, dtype=pl.Int32 if of == "date" else pl.Int64)
    return values if len(present) == len(texts) else where_present(texts, values)


def _read_widths(data: Bytes, offsets: Integers, widths: Integers, of: Kind) -> Integers | None:
    """Read texts of several widths, those of each together; what has none of them is a null."""
    lengths = np.diff(offsets)
    read = np.zeros(len(lengths), dtype=np.int64)
    for width in widths:
        mine = np.flatnonzero(lengths == width)
        part = _read(data[offsets[mine][:, None] + np.arange(width)], of)
        if part is None:
            return None
        read[mine] = part
    return read


def _read(data: Bytes, of: Kind) -> Integers | None:
    """Read texts of one width, all laid out as the first of them is."""
    layout = _layout(data[0].tobytes(), of)
    if layout is None or not _alike(data, layout):
        return None
    days, clock, displacement = _days(data, layout), _clock(data, layout), _displacement(data, layout)
    if days is None or clock is None or displacement is None:
        return None
    if of == "date":
        return days
    return days * _DAY + clock - (displacement if of == "timestamptz" else 0)


def _alike(data: Bytes, layout: Layout) -> bool:
    """Tell whether all texts have their digits and marks where the first has them; a zone's sign may differ."""
    if layout.sign is not None:
        signs = data[:, layout.sign]
        if not ((signs == ord("+")) | (signs == ord("-"))).all():
            return False
        data = data.copy()
        data[:, layout.sign] = ord("+")
    alike = data.tobytes().translate(_ALIKE)
    return alike == alike[: data.shape[1]] * len(data)


def _layout(text: bytes, of: Kind) -> Layout | None:
    """Find the layout of a text, if it is one of the type's."""
    found = _FORM.fullmatch(text)
    if found is None:
        return None
    has = {part: found[part] is not None for part in ("date", "gap", "time", "zone")}
    dated, timed = has["date"], has["time"]
    allowed = {
        "date": dated and not timed,
        "time": timed and not dated and not has["zone"],
        "timestamp": dated,
        "timestamptz": dated and has["zone"],
    }
    if not allowed[of] or has["gap"] != (dated and timed):
        return None
    zone = found["zone"] or b""
    sign = found.start("zone") + len(zone) - len(zone.lstrip()) if b"+" in zone or b"-" in zone else None
    return Layout(
        date=found.start("date") if dated else None,
        time=found.start("time") if timed else None,
        seconds=found.start("seconds") + 1 if found["seconds"] else None,
        fraction=len(found["fraction"] or b".") - 1,
        sign=sign,
        minutes=found.end() - 2 if found["minutes"] else None,
    )


def _number(data: Bytes, at: int, digits: int) -> Integers:
    value = data[:, at].astype(np.int32 if digits < 9 else np.int64)  # eight digits and their codes are below 2**31
    for place in range(at + 1, at + digits):
        value *= 10
        value += data[:, place]
    # All the zeros' codes at once: 48 for the last digit, 480 for the one before it …
    return value.astype(np.int64) - ord("0") * ((10**digits - 1) // 9)


def _days(data: Bytes, layout: Layout) -> Integers | None:
    """Read the date; None when there is no such day."""
    if layout.date is None:
        return np.zeros(len(data), dtype=np.int64)
    year, month, day = (_number(data, layout.date + at, digits) for at, digits in ((0, 4), (5, 2), (8, 2)))
    if year.min() < _FIRST_YEAR or month.min() < 1 or month.max() > 12 or day.min() < 1:
        return None
    index = (year - _FIRST_YEAR) * 12 + month - 1
    days = _MONTHS[index] + day - 1
    return None if (days >= _MONTHS[index + 1]).any() else days


def _clock(data: Bytes, layout: Layout) -> Integers | None:
    """Read the time of the day, in microseconds; None when there is no such time, and for a leap second."""
    if layout.time is None:
        return np.zeros(len(data), dtype=np.int64)
    hour, minute = _number(data, layout.time, 2), _number(data, layout.time + 3, 2)
    if hour.max() > 23 or minute.max() > 59:
        return None
    clock = (hour * 60 + minute) * (60 * _SECOND)
    if layout.seconds is None:
        return clock
    seconds = _number(data, layout.seconds, 2)
    if seconds.max() > 59:
        return None
    clock += seconds * _SECOND
    if layout.fraction:
        # The same steps in the same floats: rint(strtod(".123456789") * 1000000) in PostgreSQL, ParseFractionalSecond.
        fraction = _number(data, layout.seconds + 3, layout.fraction) / 10.0**layout.fraction
        clock += np.rint(fraction * _SECOND).astype(np.int64)
    return clock


def _displacement(data: Bytes, layout: Layout) -> Integers | None:
    """Read how far the zone is ahead of UTC, in microseconds; None when it is too far."""
    if layout.sign is None:
        return np.zeros(len(data), dtype=np.int64)
    hours = _number(data, layout.sign + 1, 2)
    minutes = _number(data, layout.minutes, 2) if layout.minutes is not None else np.zeros_like(hours)
    if hours.max() > _ZONE_HOURS or minutes.max() > 59:
        return None
    return np.where(data[:, layout.sign] == ord("-"), -1, 1) * (hours * 60 + minutes) * (60 * _SECOND)
