"""Settings that a reading cannot have are errors of the job."""

import pytest

from processor.errors import BadOption
from processor.validate import make_reading


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
        {"normalise": {"name": "phone", "region": 55}},
    ],
)
def test_invalid_setting_is_an_error(settings):
    with pytest.raises(BadOption) as caught:
        make_reading(settings)
    assert caught.value.code == "IJ102"
