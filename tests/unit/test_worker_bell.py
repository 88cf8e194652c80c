"""The bell tells rings, which may announce work of any kind, from ends of imports, which make room for imports."""

from processor.worker.bell import Bell


def test_first_look_is_for_work_of_any_kind() -> None:
    assert Bell().take_announced()


def test_ring_is_taken_once() -> None:
    bell = Bell()
    bell.take_announced()
    bell.ring()
    assert bell.wait(0)
    assert (bell.take_announced(), bell.take_announced()) == (True, False)


def test_end_of_an_import_asks_for_a_look_and_announces_nothing() -> None:
    bell = Bell()
    bell.take_announced()
    bell.wake()
    assert bell.wait(0)
    assert not bell.take_announced()


def test_ring_is_not_lost_in_a_wake() -> None:
    bell = Bell()
    bell.take_announced()
    bell.ring(7)
    bell.wake()
    assert bell.wait(0)
    assert (bell.take_announced(), bell.take_number()) == (True, 7)
