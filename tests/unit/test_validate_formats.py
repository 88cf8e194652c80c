"""Dates in declared formats become ISO text; Python's strptime is the oracle where it reads the format."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from processor.validate.formats import read_date, read_timestamp
from processor.validate.locales import LANGUAGES

DATES = ["%d/%m/%Y", "%m/%d/%Y", "%Y-%m-%d", "%d.%m.%y", "%Y%m%d", "%d %B %Y", "%d-%b-%Y", "%B %d, %Y", "%d%m%Y"]
CLOCKS = ["", " %H:%M", " %H:%M:%S", "T%H:%M:%S.%f", " %I:%M %p", ", %I:%M:%S %p", " %H%M%S"]
YEARS = {"min_value": datetime(1970, 1, 1), "max_value": datetime(2068, 12, 31)}  # noqa: DTZ001


def dates(texts: list[str | None], *formats: str, language: str = "en") -> list[str | None]:
    return read_date(pl.Series("c", texts, dtype=pl.String), formats, LANGUAGES[language].months).to_list()


def timestamps(texts: list[str | None], *formats: str, zone: str | None = None) -> list[str | None]:
    return read_timestamp(pl.Series("c", texts, dtype=pl.String), formats, (), zone).to_list()


@settings(deadline=None)
@given(st.lists(st.dates(YEARS["min_value"].date(), YEARS["max_value"].date()), min_size=1), st.sampled_from(DATES))
def test_dates_written_in_a_format_are_read_back(days, notation):
    written = [day.strftime(notation) for day in days]
    assert dates(written, notation) == [day.isoformat() for day in days]


@settings(deadline=None)
@given(st.lists(st.datetimes(**YEARS), min_size=1), st.sampled_from(DATES), st.sampled_from(CLOCKS))
def test_timestamps_written_in_a_format_are_read_back(moments, day, clock):
    texts = [moment.strftime(day + clock) for moment in moments]
    expected = [datetime.strptime(text, (day + clock)) for text in texts]  # noqa: DTZ007
    assert [datetime.fromisoformat(text) for text in timestamps(texts, day + clock)] == expected


@settings(deadline=None)
@given(st.text(st.sampled_from("0123/.-: eEé٣"), max_size=12), st.sampled_from(["%d/%m/%Y", "%d.%m.%Y", "%Y%m%d"]))
def test_dates_that_are_read_are_those_that_strptime_reads(text, notation):
    (read,) = dates([text], notation)
    try:
        expected = datetime.strptime(text, notation).date()  # noqa: DTZ007
    except ValueError:
        expected = None
    if read is not None and expected is not None:
        assert date.fromisoformat(read) == expected
    elif read is not None:
        with pytest.raises(ValueError, match=r"day|month|year"):  # Postgres rejects days that do not exist
            date.fromisoformat(read)


def test_formats_are_tried_in_order():
    assert dates(["01/02/2026", "12/31/2026"], "%d/%m/%Y", "%m/%d/%Y") == ["2026-02-01", "2026-12-31"]


def test_leading_zero_is_optional_except_between_adjacent_numbers():
    assert dates(["1/2/2026", "10/11/2026"], "%d/%m/%Y") == ["2026-02-01", "2026-11-10"]
    assert dates(["1112026"], "%d%m%Y") == [None]


@pytest.mark.parametrize("text", ["31/12/26", "31/12/2026 ", " 31/12/2026", "31/12/20266", "32/12/2026", "٣١/12/2026"])
def test_date_that_only_a_lenient_parser_reads_is_not_read(text):
    assert dates([text], "%d/%m/%Y") == [None]


def test_two_digit_years_from_69_are_of_the_last_century():
    assert dates(["01/01/68", "01/01/69"], "%d/%m/%y") == ["2068-01-01", "1969-01-01"]


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("pt", "31 Março 2026"),
        ("pt", "31 mar. 2026"),
        ("de", "31 MÄRZ 2026"),
        ("fr", "31 mars 2026"),
        ("es", "31 mar 2026"),
    ],
)
def test_month_names_are_read_in_several_languages(language, text):
    assert dates([text], "%d %B %Y", language=language) == ["2026-03-31"]


def test_day_that_does_not_exist_is_left_to_postgres():
    assert dates(["31/02/2026"], "%d/%m/%Y") == ["2026-02-31"]


def test_nulls_stay_null_and_iso_is_read_as_a_format():
    assert dates([None, "2026-12-31", "31/12/2026"], "iso") == [None, "2026-12-31", None]


def test_timestamps_without_a_zone_get_the_declared_one():
    read = timestamps(
        ["2026-12-31", "2026-12-31 10:00", "2026-12-31T10:00:00Z", "2026-12-31 10:00-03", "2026-12-31 10:00:00 UTC"],
        "iso",
        zone="America/Sao_Paulo",
    )
    assert read == [
        "2026-12-31 00:00 America/Sao_Paulo",
        "2026-12-31 10:00 America/Sao_Paulo",
        "2026-12-31T10:00:00Z",
        "2026-12-31 10:00-03",
        "2026-12-31 10:00:00 UTC",
    ]


def test_zone_in_a_format_is_kept():
    read = timestamps(["31/12/2026 10:00 -0300"], "%d/%m/%Y %H:%M %z", zone="UTC")
    assert read == ["2026-12-31 10:00:00-0300"]


def test_noon_and_midnight_on_a_twelve_hour_clock():
    read = timestamps(["12/31/2026 12:00 AM", "12/31/2026 12:00 pm", "12/31/2026 1:05 p.m."], "%m/%d/%Y %I:%M %p")
    assert read == ["2026-12-31 00:00:00", "2026-12-31 12:00:00", "2026-12-31 13:05:00"]


@pytest.mark.parametrize(
    ("number", "day"),
    [
        ("1", "1900-01-01 00:00:00.000000"),
        ("59", "1900-02-28 00:00:00.000000"),
        ("60", None),  # 1900-02-29, which only Excel knows
        ("61", "1900-03-01 00:00:00.000000"),
        ("25569", "1970-01-01 00:00:00.000000"),
        ("45292", "2024-01-01 00:00:00.000000"),
        ("2958465", "9999-12-31 00:00:00.000000"),
        ("2958466", None),
        ("45292.5", "2024-01-01 12:00:00.000000"),
        ("45292.5208333333", "2024-01-01 12:30:00.000000"),
        ("45292.00001157407", "2024-01-01 00:00:01.000000"),
        ("45291.9999999999", "2024-01-01 00:00:00.000000"),
        ("0", None),
        ("0.75", None),
        ("-1", None),
        ("4.5E4", None),
        ("45,292", None),
    ],
)
def test_numbers_of_excel_are_days_of_the_1900_system(number: str, day: str | None) -> None:
    assert timestamps([number], "excel") == [day]
    assert dates([number], "excel") == [day and day[:10]]


@settings(deadline=None)
@given(st.lists(st.datetimes(datetime(1900, 3, 1), datetime(9999, 12, 30)), min_size=1))  # noqa: DTZ001
def test_numbers_of_excel_are_exact_to_the_millisecond(moments: list[datetime]) -> None:
    moments = [moment.replace(microsecond=moment.microsecond // 1000 * 1000) for moment in moments]
    numbers = [f"{(moment - datetime(1899, 12, 30)) / timedelta(days=1):.12f}" for moment in moments]  # noqa: DTZ001
    assert [datetime.fromisoformat(text) for text in timestamps(numbers, "excel")] == moments


@settings(deadline=None)
@given(st.lists(st.datetimes(datetime(1, 1, 1), timezones=st.just(UTC)), min_size=1))  # noqa: DTZ001
def test_numbers_since_1970_are_moments_in_utc(moments: list[datetime]) -> None:
    microseconds = [(moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1) for moment in moments]
    for notation, digits in (("epoch", 6), ("epoch_ms", 3)):
        numbers = [f"{Decimal(size).scaleb(-digits):f}" for size in microseconds]
        assert [datetime.fromisoformat(text) for text in timestamps(numbers, notation)] == moments
        assert dates(numbers, notation) == [moment.date().isoformat() for moment in moments]


@pytest.mark.parametrize("number", ["253402300800", "-62135596801", "1e9", "1 700", "0x1", "", "1.", ".5", "1,5", "٣"])
def test_what_is_no_number_of_a_day_is_not_read(number: str) -> None:
    assert timestamps([number], "epoch") == [None]


def test_numbers_have_the_declared_decimal_mark() -> None:
    texts = pl.Series("c", ["45292,25", "45292.25"])
    assert read_timestamp(texts, ("excel",), (), None, ",").to_list() == ["2024-01-01 06:00:00.000000", None]


def test_days_of_excel_get_the_declared_zone_and_moments_keep_utc() -> None:
    assert timestamps(["45292"], "excel", zone="America/Recife") == ["2024-01-01 00:00:00.000000 America/Recife"]
    assert timestamps(["0"], "epoch", zone="America/Recife") == ["1970-01-01 00:00:00.000000+00"]


def test_numbers_and_texts_are_tried_in_order() -> None:
    read = dates([None, "45292", "2024-01-02", "03/01/2024", "x"], "excel", "iso", "%d/%m/%Y")
    assert read == [None, "2024-01-01", "2024-01-02", "2024-01-03", None]
