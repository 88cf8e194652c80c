"""Settings of the job, the column and the target are merged into one reading."""

import pytest

from processor.model import Normaliser, Reading
from processor.validate import make_reading
from processor.validate.locales import LOCALES


def test_no_settings_give_the_default_reading():
    assert make_reading() == make_reading({}, {"max_errors": 5, "on_error": "skip"}) == Reading()


def test_job_overrides_column_and_column_overrides_target():
    reading = make_reading({"decimal": ","}, {"decimal": ".", "trim": True}, {"trim": False, "time_zone": "UTC"})
    assert (reading.decimal, reading.trim, reading.time_zone) == (",", True, "UTC")


def test_locale_sets_all_settings_of_its_preset():
    reading = make_reading({"locale": "pt-BR"})
    assert (reading.decimal, reading.thousands, reading.trim) == (",", ".", True)
    assert reading.date_formats[0] == "%d/%m/%Y"
    assert "não" in reading.false_values
    assert reading.null_values == ("#N/D",)


def test_settings_override_a_preset_of_the_same_or_a_weaker_layer():
    assert make_reading({"locale": "pt-BR", "decimal": "."}).decimal == "."
    assert make_reading({"decimal": "."}, {"locale": "de-DE"}).decimal == "."
    assert make_reading({"locale": "en-US"}, {"decimal": ",", "thousands": "."}).decimal == "."


def test_decimal_mark_that_is_the_thousands_mark_of_the_preset_removes_that():
    assert make_reading({"locale": "pt-BR", "decimal": "."}).thousands is None


@pytest.mark.parametrize("locale", LOCALES)
def test_every_preset_is_valid_and_reads_iso_dates(locale):
    reading = make_reading({"locale": locale})
    assert "iso" in reading.date_formats
    assert "iso" in reading.timestamp_formats
    assert len(reading.months) == 12


def test_normaliser_is_given_by_name_or_with_settings():
    assert make_reading({"normalise": "email"}).normaliser == Normaliser(name="email")
    settings = {"name": "regex", "pattern": "[a-z]+", "code": "SKU01"}
    assert make_reading({"normalise": settings}).normaliser == Normaliser(name="regex", pattern="[a-z]+", code="SKU01")
