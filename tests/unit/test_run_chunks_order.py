"""Chunks pass in the order of the file, whichever is committed first."""

import threading

import pytest

from processor.run.chunks.order import ChunkOrder, OrderBroken


def test_chunks_pass_in_order_whichever_waits_first() -> None:
    order, passed = ChunkOrder(3), list[int]()

    def wait(seq: int) -> None:
        order.wait(seq)
        passed.append(seq)
        order.committed(seq)

    threads = [threading.Thread(target=wait, args=(seq,)) for seq in (7, 6, 4, 3)]
    for thread in threads:
        thread.start()
    order.committed(5)  # did not wait for its turn
    for thread in threads:
        thread.join(10)
    assert passed == [3, 4, 6, 7]


def test_chunk_after_one_that_fails_does_not_wait_for_ever() -> None:
    order = ChunkOrder(0)
    order.give_up()
    with pytest.raises(OrderBroken):
        order.wait(1)


def test_chunk_whose_turn_it_is_goes_on_although_a_later_one_has_failed() -> None:
    order = ChunkOrder(0)
    order.committed(0)
    assert order.end_with(1)
    order.give_up()  # the loader of chunk 2, which is no longer written
    order.wait(1)


def test_a_job_ends_with_a_chunk_if_no_later_one_is_committed() -> None:
    order = ChunkOrder(2)
    order.committed(2)
    assert order.end_with(3)
    with pytest.raises(OrderBroken), order.writing(4):
        pass
    with pytest.raises(OrderBroken):
        order.wait(4)
    with order.writing(3):
        order.wait(3)


def test_a_later_chunk_that_is_being_written_is_waited_for() -> None:
    order, ends = ChunkOrder(0), list[bool]()
    with order.writing(1):
        ending = threading.Thread(target=lambda: ends.append(order.end_with(0)))
        ending.start()
        ending.join(0.05)
        assert ends == []
        order.committed(1)
    ending.join(10)
    assert ends == [False]
