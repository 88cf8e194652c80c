"""A generator in a thread of its own: its items, its exception, and its end when the consumer has gone."""

import threading
from collections.abc import Iterator

import pytest

from processor.run.chunks.read_ahead import read_ahead


def test_items_come_in_order() -> None:
    assert list(read_ahead(range(1000))) == list(range(1000))


def test_exception_comes_after_the_items_before_it() -> None:
    def failing() -> Iterator[int]:
        yield 1
        raise OSError("cut off")

    items = read_ahead(failing())
    assert next(items) == 1
    with pytest.raises(OSError, match="cut off"):
        next(items)


def test_producer_is_not_more_than_its_depth_ahead() -> None:
    produced: list[int] = []

    def counting() -> Iterator[int]:
        for number in range(100):
            produced.append(number)
            yield number

    items = read_ahead(counting(), depth=2)
    for _ in range(3):
        next(items)
        assert len(produced) <= 3 + 2 + 1
    items.close()


def test_producer_ends_when_its_consumer_stops_early() -> None:
    ended = threading.Event()

    def endless() -> Iterator[int]:
        try:
            while True:
                yield 1
        finally:
            ended.set()

    items = read_ahead(endless())
    next(items)
    items.close()
    assert ended.wait(10)


def test_check_ends_the_wait_for_an_item_that_does_not_come() -> None:
    release = threading.Event()

    def stuck() -> Iterator[int]:
        release.wait(10)
        yield 1

    def check() -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        next(read_ahead(stuck(), check=check))
    release.set()
