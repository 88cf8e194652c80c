"""The pauses between the restarts of a part, and how its end is told."""

import pytest

from processor.local.part import end_of, pause


def test_first_restart_is_at_once_and_the_pauses_grow_to_half_a_minute() -> None:
    assert [pause(failures) for failures in range(1, 10)] == [0, 1, 2, 4, 8, 16, 30, 30, 30]


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (0, "ended (exit status 0)"),
        (1, "ended (exit status 1)"),
        (-9, "was killed (SIGKILL)"),
        (-99, "was killed (signal 99)"),
    ],
)
def test_end_is_described_by_exit_status_or_signal(status: int, words: str) -> None:
    assert end_of(status) == words
