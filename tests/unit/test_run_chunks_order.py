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
