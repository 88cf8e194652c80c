"""Ctrl-C in the command line, where a library catches it."""

import os
import signal
from collections.abc import Generator
from contextlib import suppress

import pytest

from processor.cli.interrupts import interruptible


@pytest.fixture(autouse=True)
def in_the_foreground() -> Generator[None]:
    """Handle SIGINT as a command in the foreground; a shell has it ignored in the background."""
    previous = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, previous)


def press_ctrl_c() -> None:
    os.kill(os.getpid(), signal.SIGINT)


def build_model() -> None:
    try:
        press_ctrl_c()
    except KeyboardInterrupt:
        raise ValueError("cannot build the model") from None


def fail_after_a_swallowed_interrupt() -> None:
    with suppress(KeyboardInterrupt), interruptible():
        build_model()
    raise ValueError("a consequence of the interrupt")


def test_ctrl_c_that_a_library_turned_into_an_error_is_an_interrupt() -> None:
    with pytest.raises(KeyboardInterrupt), interruptible():
        build_model()


def test_every_enclosing_block_sees_the_interrupt() -> None:
    with pytest.raises(KeyboardInterrupt), interruptible():
        fail_after_a_swallowed_interrupt()


def test_errors_without_ctrl_c_stay_what_they_are() -> None:
    with pytest.raises(ValueError, match="no interrupt"), interruptible():
        raise ValueError("no interrupt")


def test_signal_that_is_ignored_stays_ignored() -> None:
    previous = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with interruptible():
            press_ctrl_c()
    finally:
        signal.signal(signal.SIGINT, previous)


def test_handler_is_put_back() -> None:
    before = signal.getsignal(signal.SIGINT)
    with interruptible():
        assert signal.getsignal(signal.SIGINT) is not before
    assert signal.getsignal(signal.SIGINT) is before
