"""The protected pages stop every access outside the array; the tests of the kernels rely on it."""

import ctypes
import signal

import pytest

from tests.unit.protected_memory import protected_bytes, run_in_process

AT_END, AT_START = protected_bytes(b"abc"), protected_bytes(b"abc", at_start=True)


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


def test_access_within_the_array_is_allowed() -> None:
    assert run_in_process(reading_within) == 0


@pytest.mark.parametrize("outside", [reading_behind, reading_before, writing_behind])
def test_access_outside_the_array_is_stopped(outside) -> None:
    assert run_in_process(outside) in (-signal.SIGSEGV, -signal.SIGBUS)
