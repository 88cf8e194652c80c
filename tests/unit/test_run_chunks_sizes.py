"""Every attempt cuts a file into the same chunks; they are small at the start, and towards an end that is known."""

import pytest

from processor.model import Dialect, FileLimits, Position
from processor.records import cut
from processor.run.chunks.sizes import chunk_sizes

MIB = 1 << 20
LINE = b"1234567,some text of a row,and some more of it\n"


def spans(text: bytes, start: Position, chunk_bytes: int, text_bytes: int | None) -> list[tuple[int, int]]:
    rest = [text[start.offset :]]
    chunks = cut(rest, Dialect(), start, FileLimits(), chunk_sizes(chunk_bytes, text_bytes))
    return [(chunk.position.offset, chunk.next.offset) for chunk in chunks]


@pytest.mark.parametrize("known", [True, False])
def test_an_attempt_that_resumes_cuts_the_rest_as_the_first_one_would_have(known: bool) -> None:
    text = LINE * (12 * MIB // len(LINE))
    size = len(text) if known else None
    chunks = list(cut([text], Dialect(), Position(), FileLimits(), chunk_sizes(2 * MIB, size)))
    whole = [(chunk.position.offset, chunk.next.offset) for chunk in chunks]
    for place, chunk in enumerate(chunks[:-1]):
        assert spans(text, chunk.next, 2 * MIB, size) == whole[place + 1 :]


def test_the_last_chunks_become_smaller() -> None:
    text = LINE * (40 * MIB // len(LINE))
    known = [end - start for start, end in spans(text, Position(), 8 * MIB, len(text))]
    unknown = [end - start for start, end in spans(text, Position(), 8 * MIB, None)]
    assert known[0] == unknown[0] <= 256 * 1024
    assert known[:8] == unknown[:8]
    assert known[-4:] == sorted(known[-4:], reverse=True)
    assert max(known[-3:]) <= MIB < min(unknown[-3:-1])


def test_small_chunks_stay_as_small_as_they_are_wanted() -> None:
    assert {chunk_sizes(64 * 1024, 10 * MIB)(Position(offset=at, seq=at)) for at in range(0, 10 * MIB, MIB)} == {
        64 * 1024
    }
