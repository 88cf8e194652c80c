"""Read dates and timestamps in the declared formats, and rewrite them as ISO text.

Each format is compiled to a strict regular expression. Polars's own strptime is not used, because it accepts `26` for
`%Y` and spaces before numbers. Whether the day exists in its month is left to Postgres, which gets the ISO text.
"""

import polars as pl

from processor.validate.numbered_days import NUMBERED, read_numbered
from processor.validate.rewriting import replace_where
from processor.validate.strptime import ISO, FixedLayout, Format, Months, compile_format
from processor.validate.text_bytes import rearrange

_ZONE = r"(?:Z| UTC| ?[+-](?:0[0-9]|1[0-4])(?::?[0-5][0-9])?)"
_ISO_DATE = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
_ISO_TIME = r"[ T][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,9})?)?"
_ISO_TIMESTAMP = rf"^[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}(?:{_ISO_TIME}{_ZONE}?)?$"
_ISO_ZONED = rf":[0-9:.]*{_ZONE}$"


def read_date(texts: pl.Series, formats: tuple[str, ...], months: Months, decimal: str = ".") -> pl.Series:
    """Rewrite dates as YYYY-MM-DD by the first format that matches; null where no format matches.

    `decimal` is the mark before the fraction of a day or second that is written as a number.
    """
    return _by_first_match(texts, formats, months, _ISO_DATE, time=False, zone=None, decimal=decimal)


def read_timestamp(
    texts: pl.Series, formats: tuple[str, ...], months: Months, zone: str | None, decimal: str = "."
) -> pl.Series:
    """Rewrite timestamps as ISO text by the first format that matches; null where no format matches.

    The name of the zone, if there is one, is appended to timestamps without a zone.
    """
    return _by_first_match(texts, formats, months, _ISO_TIMESTAMP, time=True, zone=zone, decimal=decimal)


def _by_first_match(
    texts: pl.Series, formats: tuple[str, ...], months: Months, iso: str, *, time: bool, zone: str | None, decimal: str
) -> pl.Series:
    result = pl.Series(texts.name, [None], dtype=pl.String).new_from_index(0, len(texts))
    for notation in formats:
        unread = result.is_null() & texts.is_not_null()
        if not unread.any():
            break
        rest = texts.filter(unread)
        if notation == ISO:
            rewritten = _iso(rest, iso, zone)
        elif notation in NUMBERED:
            rewritten = read_numbered(rest, notation, decimal, time=time, zone=zone)
        else:
            rewritten = _by_format(rest, compile_format(notation, months), time, zone)
        result = rewritten if len(rest) == len(texts) else replace_where(result, unread, rewritten)
    return result


def _iso(texts: pl.Series, pattern: str, zone: str | None) -> pl.Series:
    """Return ISO texts with the zone where they have none; null for other texts."""
    text = pl.col("t")
    result = pl.when(text.str.contains(pattern)).then(text)
    if zone is not None:
        # A date alone gets the time 00:00, since Postgres does not read the name of a zone after a date.
        timestamp = pl.when(text.str.len_bytes() == 10).then(text + " 00:00").otherwise(text)
        zoned = pl.when(text.str.contains(_ISO_ZONED)).then(text).otherwise(timestamp + f" {zone}")
        result = pl.when(text.str.contains(pattern)).then(zoned)
    return texts.to_frame("t").select(result).to_series()


def _by_format(texts: pl.Series, form: Format, time: bool, zone: str | None) -> pl.Series:
    """Rewrite the texts that match one format, by place where all numbers have all their digits."""
    if form.fixed is not None and (regular := texts.str.contains(form.fixed.pattern)).any():
        rewritten = _by_place(texts.filter(regular), form.fixed, time, zone)
        if len(rewritten) == len(texts):
            return rewritten
        others = _by_groups(texts.filter(~regular), form, time, zone)
        return replace_where(replace_where(texts, regular, rewritten), ~regular, others)
    return _by_groups(texts, form, time, zone)


def _by_place(texts: pl.Series, form: FixedLayout, time: bool, zone: str | None) -> pl.Series:
    # 1,000,000 timestamps take 0.2 s; the groups of a regular expression take 1.1 s.
    at = form.places
    pieces: list[slice | bytes] = [at["Y"], b"-", at["m"], b"-", at["d"]]
    if time:
        pieces += [b" ", at.get("H", b"00"), b":", at.get("M", b"00"), b":", at.get("S", b"00")]
        pieces += [b" ", zone.encode()] if zone is not None else []
    return rearrange(texts, form.width, pieces)


def _by_groups(texts: pl.Series, form: Format, time: bool, zone: str | None) -> pl.Series:
    groups = texts.str.extract_groups(form.pattern).struct.unnest()
    has, part = form.directives, pl.col
    year = part("Y") if "Y" in has else pl.when(part("y") >= "69").then("19" + part("y")).otherwise("20" + part("y"))
    month = part("m").str.zfill(2) if "m" in has else _month_number(form.months)
    pieces = [year, pl.lit("-"), month, pl.lit("-"), part("d").str.zfill(2)]
    if time:
        pieces += _clock(has)
        if "z" in has:
            pieces.append(part("z"))
        elif zone is not None:
            pieces.append(pl.lit(f" {zone}"))
    return groups.select(pl.concat_str(pieces)).to_series()


def _month_number(months: Months) -> pl.Expr:
    numbers = {name.lower(): f"{number:02}" for number, names in enumerate(months, 1) for name in names}
    return pl.col("b").str.to_lowercase().replace_strict(numbers, default=None, return_dtype=pl.String)


def _clock(has: frozenset[str]) -> list[pl.Expr]:
    """Return the pieces of the time of day, with a space before it."""
    if "I" in has:
        afternoon = pl.col("p").str.to_lowercase().str.starts_with("p")
        hour = (pl.col("I").cast(pl.Int8) % 12 + pl.when(afternoon).then(12).otherwise(0)).cast(pl.String).str.zfill(2)
    else:
        hour = pl.col("H").str.zfill(2) if "H" in has else pl.lit("00")
    pieces = [pl.lit(" "), hour, pl.lit(":"), pl.col("M") if "M" in has else pl.lit("00")]
    pieces += [pl.lit(":"), pl.col("S") if "S" in has else pl.lit("00")]
    return [*pieces, pl.lit("."), pl.col("f")] if "f" in has else pieces
