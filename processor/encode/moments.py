"""Dates and times in ISO forms, with numpy: the microseconds and days that Postgres counts from 2000-01-01."""

import re
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import numpy.typing as npt
import polars as pl

from processor.encode.raw import Bytes, Integers, raw, where_present

Small = npt.NDArray[np.int32]
Kind = Literal["date", "time", "timestamp", "timestamptz"]

_FORM: Final = re.compile(
    rb"(?P<date>[0-9]{4}-[0-9]{2}-[0-9]{2})?(?P<gap>[ T])?"
    rb"(?:(?P<time>[0-9]{2}:[0-9]{2})(?P<seconds>:[0-9]{2}(?P<fraction>\.[0-9]{1,9})?)?"
    rb"(?P<zone>Z| UTC| ?[+-][0-9]{2}(?P<minutes>:?[0-9]{2})?)?)?"
)
#: 2026-11-22 10:00:00.123456789 +05:30
_LONGEST: Final = 36
_FIRST_YEAR: Final = 1000
#: The day on which each month begins, from January 1000 to January 10000.
_MONTHS: Final = (
    np.arange("1000-01", "10000-02", dtype="datetime64[M]").astype("datetime64[D]") - np.datetime64("2000-01-01", "D")
).astype(np.int32)
_SECOND: Final = 1_000_000
_DAY_SECONDS: Final = 86_400
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
    first = data[0].tobytes()
    layout = _layout(first, of)
    if layout is None or not _alike(data, first, layout):
        return None
    days, clock, displacement = _days(data, layout), _clock(data, layout), _displacement(data, layout)
    if days is None or clock is None or displacement is None:
        return None
    if of == "date":
        return days.astype(np.int64)
    seconds = clock - displacement if of == "timestamptz" else clock
    moments = (days.astype(np.int64) * _DAY_SECONDS + seconds) * _SECOND
    return moments if not layout.fraction else _with_fraction(moments, data, layout)


def _alike(data: Bytes, first: bytes, layout: Layout) -> bool:
    """Tell whether all texts have the first one's marks; a zone's sign may differ, digits are looked at when read."""
    marks = [at for at, byte in enumerate(first) if not ord("0") <= byte <= ord("9") and at != layout.sign]
    if not all((data[:, at] == first[at]).all() for at in marks):
        return False
    return layout.sign is None or bool(((data[:, layout.sign] == ord("+")) | (data[:, layout.sign] == ord("-"))).all())


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


def _number(data: Bytes, at: int, digits: int) -> Small | None:
    """Read the number of up to nine digits that stands at one place in all texts; None where there is another mark."""
    value = _pair(data, at) if digits > 1 else None
    for place in range(at + 2, at + digits - 1, 2):
        pair = _pair(data, place)
        value = None if value is None or pair is None else value * 100 + pair
    if digits > 1 and (value is None or digits % 2 == 0):
        return value
    last = data[:, at + digits - 1] - np.uint8(ord("0"))
    if last.max() > 9:
        return None
    return last.astype(np.int32) if value is None else value * 10 + last


def _pair(data: Bytes, at: int) -> Small | None:
    """Read two digits at once: in half of the time of one after the other."""
    both = np.ndarray(len(data), "<u2", data, at, data.strides[:1]).copy()
    each = both.view(np.uint8)
    each -= np.uint8(ord("0"))  # what is below turns into something above nine
    if each.max() > 9:
        return None
    return ((both & 15) * 10 + (both >> 8)).astype(np.int32)


def _days(data: Bytes, layout: Layout) -> Small | None:
    """Read the date; None when there is no such day."""
    if layout.date is None:
        return np.zeros(len(data), dtype=np.int32)
    year, month, day = (_number(data, layout.date + at, digits) for at, digits in ((0, 4), (5, 2), (8, 2)))
    if year is None or month is None or day is None:
        return None
    if year.min() < _FIRST_YEAR or month.min() < 1 or month.max() > 12 or day.min() < 1:
        return None
    index = (year - _FIRST_YEAR) * 12 + month - 1
    days = _MONTHS[index] + day - 1
    return None if (days >= _MONTHS[index + 1]).any() else days


def _clock(data: Bytes, layout: Layout) -> Small | None:
    """Read the time of the day, in whole seconds; None when there is no such time, and for a leap second."""
    if layout.time is None:
        return np.zeros(len(data), dtype=np.int32)
    hour, minute = _number(data, layout.time, 2), _number(data, layout.time + 3, 2)
    if hour is None or minute is None or hour.max() > 23 or minute.max() > 59:
        return None
    clock = (hour * 60 + minute) * 60
    if layout.seconds is None:
        return clock
    seconds = _number(data, layout.seconds, 2)
    return None if seconds is None or seconds.max() > 59 else clock + seconds


def _with_fraction(moments: Integers, data: Bytes, layout: Layout) -> Integers | None:
    """Add the fractions of the seconds, in microseconds."""
    digits = _number(data, (layout.seconds or 0) + 3, layout.fraction)
    if digits is None:
        return None
    # The same steps in the same floats: rint(strtod(".123456789") * 1000000) in PostgreSQL, ParseFractionalSecond.
    return moments + np.rint(digits / 10.0**layout.fraction * _SECOND).astype(np.int64)


def _displacement(data: Bytes, layout: Layout) -> Small | None:
    """Read how far the zone is ahead of UTC, in seconds; None when it is too far."""
    if layout.sign is None:
        return np.zeros(len(data), dtype=np.int32)
    hours = _number(data, layout.sign + 1, 2)
    minutes = _number(data, layout.minutes, 2) if layout.minutes is not None else np.zeros(len(data), dtype=np.int32)
    if hours is None or minutes is None or hours.max() > _ZONE_HOURS or minutes.max() > 59:
        return None
    ahead = (hours * 60 + minutes) * 60
    behind = data[:, layout.sign] == ord("-")
    return np.where(behind, -ahead, ahead) if behind.any() else ahead
