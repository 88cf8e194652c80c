"""Several loaders for one file load every chunk once, and all of them stop when one fails."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from processor.errors import LeaseLost, UnclosedQuote
from processor.run.chunks.order import ChunkOrder
from processor.run.chunks.pool import LoaderPool
from processor.run.stop_signal import StopRequested


def numbers(count: int) -> Iterator[Any]:
    yield from range(count)


@pytest.mark.parametrize("loaders", [1, 2, 5])
def test_every_chunk_is_loaded_once(loaders: int) -> None:
    loaded: list[Any] = []
    LoaderPool([loaded.append] * loaders, lambda: None).load(numbers(100))
    assert sorted(loaded) == list(range(100))


def test_loaders_work_at_the_same_time() -> None:
    both = threading.Barrier(2, timeout=10)
    LoaderPool([lambda _: both.wait()] * 2, lambda: None).load(numbers(2))
    assert not both.broken


def test_failure_of_one_loader_stops_all_and_is_raised() -> None:
    loaded: list[Any] = []

    def load(chunk: Any) -> None:
        if chunk == 3:
            raise ValueError("three")
        loaded.append(chunk)

    with pytest.raises(ValueError, match="three"):
        LoaderPool([load, load], lambda: None).load(numbers(1000))
    assert len(loaded) < 1000


def test_failure_of_the_source_is_raised_once_all_loaders_have_stopped() -> None:
    at_work: set[Any] = set()

    def load(chunk: Any) -> None:
        at_work.add(chunk)
        at_work.discard(chunk)

    def broken() -> Iterator[Any]:
        yield from range(4)
        raise OSError("cut off")

    with pytest.raises(OSError, match="cut off"):
        LoaderPool([load, load], lambda: None).load(broken())
    assert at_work == set()


@pytest.mark.parametrize("loaders", [1, 2, 5])
def test_chunks_before_an_error_of_the_file_are_loaded_without_a_gap(loaders: int) -> None:
    loaded: list[Any] = []

    def damaged() -> Iterator[Any]:
        yield from range(7)
        raise UnclosedQuote("the quoted field is not closed")

    for _ in range(20):
        loaded.clear()
        with pytest.raises(UnclosedQuote):
            LoaderPool([loaded.append] * loaders, lambda: None).load(damaged())
        assert sorted(loaded) == list(range(7))


def test_lost_lease_loads_nothing_more() -> None:
    started, go_on = threading.Event(), threading.Event()
    loaded: list[Any] = []

    def load(chunk: Any) -> None:
        started.set()
        go_on.wait(10)
        loaded.append(chunk)

    def lost() -> Iterator[Any]:
        yield from range(3)
        started.wait(10)
        threading.Timer(0.3, go_on.set).start()
        raise LeaseLost("the lease is over")

    with pytest.raises(LeaseLost):
        LoaderPool([load, load], lambda: None).load(lost())
    assert len(loaded) <= 2


def test_first_failure_is_raised_rather_than_its_consequences() -> None:
    order = ChunkOrder(0)

    def load(chunk: Any) -> None:
        if chunk == 0:
            raise ValueError("zero")
        order.wait(chunk)

    for _ in range(20):
        with pytest.raises(ValueError, match="zero"):
            LoaderPool([load, load], order.give_up).load(numbers(5))


def test_error_is_raised_rather_than_a_shutdown_that_came_first() -> None:
    stopped = threading.Event()

    def load(chunk: Any) -> None:
        if chunk == 0:
            stopped.set()
            raise StopRequested
        stopped.wait(10)
        raise ValueError("one")

    with pytest.raises(ValueError, match="one"):
        LoaderPool([load, load], lambda: None).load(numbers(2))
