"""Dates in declared formats become ISO text; Python's strptime is the oracle where it reads the format."""

from datetime import date, datetime

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
