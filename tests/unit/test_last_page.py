"""The pages around a test's memory do stop who goes past its ends: else the tests that rely on them prove nothing."""

import ctypes
import signal

import pytest

from tests.unit.last_page import ends_well, placed

AT_END, AT_START = placed(b"abc"), placed(b"abc", at_start=True)


def reading_within() -> None:
    for array in (AT_END, AT_START):
        assert ctypes.string_at(array.ctypes.data, 3) == b"abc"
        ctypes.memset(array.ctypes.data, 0, 3)


def reading_behind() -> None:
    ctypes.string_at(AT_END.ctypes.data + 3, 1)


def reading_before() -> None:
    ctypes.string_at(AT_START.ctypes.data - 1, 1)


def writing_behind() -> None:
    ctypes.memset(AT_END.ctypes.data, 0, 4)


def test_what_stays_within_goes_on() -> None:
    assert ends_well(reading_within) == 0


@pytest.mark.parametrize("outside", [reading_behind, reading_before, writing_behind])
def test_what_goes_past_an_end_is_stopped(outside) -> None:
    assert ends_well(outside) in (-signal.SIGSEGV, -signal.SIGBUS)
