"""Settings of job, column and target become one reading; what contradicts itself is refused."""

import pytest

from processor.errors import BadOption
from processor.model import Normaliser, Reading
from processor.validate import make_reading
from processor.validate.locales import LOCALES


def test_no_settings_leave_all_to_postgres():
    assert make_reading() == make_reading({}, {"max_errors": 5, "on_error": "skip"}) == Reading()


def test_the_job_wins_over_the_column_and_the_column_over_the_target():
    reading = make_reading({"decimal": ","}, {"decimal": ".", "trim": True}, {"trim": False, "time_zone": "UTC"})
    assert (reading.decimal, reading.trim, reading.time_zone) == (",", True, "UTC")


def test_a_preset_sets_all_at_once():
    reading = make_reading({"locale": "pt-BR"})
    assert (reading.decimal, reading.thousands, reading.trim) == (",", ".", True)
    assert reading.date_formats[0] == "%d/%m/%Y"
    assert "não" in reading.false_values
    assert reading.null_values == ("#N/D",)


def test_settings_override_a_preset_of_the_same_layer_and_of_weaker_ones():
    assert make_reading({"locale": "pt-BR", "decimal": "."}).decimal == "."
    assert make_reading({"decimal": "."}, {"locale": "de-DE"}).decimal == "."
    assert make_reading({"locale": "en-US"}, {"decimal": ",", "thousands": "."}).decimal == "."


def test_a_decimal_that_is_the_presets_thousands_mark_takes_it_away():
    assert make_reading({"locale": "pt-BR", "decimal": "."}).thousands is None


@pytest.mark.parametrize("locale", LOCALES)
def test_every_preset_is_usable_and_knows_iso_dates(locale):
    reading = make_reading({"locale": locale})
    assert "iso" in reading.date_formats
    assert "iso" in reading.timestamp_formats
    assert len(reading.months) == 12


def test_normalisers_by_name_or_with_settings():
    assert make_reading({"normalise": "email"}).normaliser == Normaliser(name="email")
    settings = {"name": "regex", "pattern": "[a-z]+", "code": "SKU01"}
    assert make_reading({"normalise": settings}).normaliser == Normaliser(name="regex", pattern="[a-z]+", code="SKU01")


@pytest.mark.parametrize(
    "settings",
    [
        {"locale": "pt"},
        {"locale": 5},
        {"decimal": ",,"},
        {"decimal": "5"},
        {"decimal": ",", "thousands": ","},
        {"null_values": "NA"},
        {"null_values": [1]},
        {"trim": "yes"},
        {"case": "title"},
        {"time_zone": "Brasilia"},
        {"time_zone": "../etc"},
        {"true_values": ["sim"], "false_values": ["SIM"]},
        {"date_formats": ["%d/%m"]},
        {"date_formats": ["%d/%m/%Y %d"]},
        {"date_formats": ["%Q"]},
        {"timestamp_formats": ["%d/%m/%Y %I:%M"]},
        {"timestamp_formats": ["%d/%m/%Y %H:%M %p"]},
        {"normalise": "capitals"},
        {"normalise": {"name": "regex", "pattern": "(?=a)"}},
        {"normalise": {"name": "regex"}},
        {"normalise": {"name": "phone", "area": "11"}},
    ],
)
def test_settings_that_make_no_sense_are_refused(settings):
    with pytest.raises(BadOption) as caught:
        make_reading(settings)
    assert caught.value.code == "IJ102"
