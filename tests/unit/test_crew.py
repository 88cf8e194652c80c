"""Several loaders on one file: every chunk once, and an orderly end when one of them fails."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from processor.run.chunks.order import ChunkOrder
from processor.run.chunks.pool import LoaderPool
from processor.run.stop_signal import Stopped


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


def test_failure_of_one_ends_all_and_is_raised() -> None:
    loaded: list[Any] = []

    def load(chunk: Any) -> None:
        if chunk == 3:
            raise ValueError("three")
        loaded.append(chunk)

    with pytest.raises(ValueError, match="three"):
        LoaderPool([load, load], lambda: None).load(numbers(1000))
    assert len(loaded) < 1000


def test_failure_of_the_source_is_raised_when_nobody_is_at_work_any_more() -> None:
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


def test_a_failure_is_told_and_not_that_others_gave_up_for_it() -> None:
    turns = ChunkOrder(0)

    def load(chunk: Any) -> None:
        if chunk == 0:
            raise ValueError("zero")
        turns.wait(chunk)

    for _ in range(20):
        with pytest.raises(ValueError, match="zero"):
            LoaderPool([load, load], turns.give_up).load(numbers(5))


def test_turns_pass_in_order_whoever_is_done_first() -> None:
    turns, passed = ChunkOrder(3), list[int]()

    def wait(seq: int) -> None:
        turns.wait(seq)
        passed.append(seq)
        turns.done(seq)

    threads = [threading.Thread(target=wait, args=(seq,)) for seq in (7, 6, 4, 3)]
    for thread in threads:
        thread.start()
    turns.done(5)  # did not wait for its turn
    for thread in threads:
        thread.join(10)
    assert passed == [3, 4, 6, 7]


def test_turn_that_will_never_come_is_given_up() -> None:
    turns = ChunkOrder(0)
    turns.give_up()
    with pytest.raises(Stopped):
        turns.wait(1)
