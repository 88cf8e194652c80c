"""The head of a chunk is what cutting its bytes alone gives, and the rest begins where the head ends."""

from dataclasses import fields

import numpy as np
import pytest

from processor import records
from processor.model import Chunk, Dialect, FileLimits, Position

DATA = b'a,b\r\n"x\ny",1\n\n1,2,3\n4,5"6\nlast'


def cut(data: bytes, start: Position) -> list[Chunk]:
    return list(records.cut([data], Dialect(), start, FileLimits(), lambda _: 1 << 20))


@pytest.mark.parametrize("count", range(1, 7))
def test_head_is_a_chunk_of_the_first_records(count: int) -> None:
    start = Position(100, 7, 3, 2)
    (whole,) = cut(DATA, start)
    head = whole.head(count)
    (expected,) = cut(head.data, start)
    for field in fields(Chunk):
        assert np.array_equal(getattr(head, field.name), getattr(expected, field.name)), field.name
    rest = cut(DATA[len(head.data) :], head.next)
    assert head.records + sum(chunk.records for chunk in rest) == whole.records
    assert not rest or (rest[0].next.line, rest[0].next.record) == (whole.next.line, whole.next.record)
