"""`join_records` drops, copies and rewrites records, and writes no more than its memory has room for."""

import numpy as np
import pytest

from processor.native import Action, RecordReader, join_records
from processor.native.library import KERNELS
from tests.unit.protected_memory import protected_array, protected_bytes, run_in_process

#: The worst records to rewrite: each byte is doubled, or a field of its own that is enclosed.
RECORDS = [
    b"",
    b",",
    b'"' * 9,
    b'a"b',
    b",,,,,",
    b'"a""b"c, ""',
    b'\\,\\"\\x\\',
    b"'x'';y'||z",
    b'  "a" ,\t"b',
    b'"open',
]
MARKS = [
    (",", '"', "", False, b""),
    (",", '"', "\\", True, b""),
    (";", "'", "", False, b""),
    (",", "", "", False, b""),
    ("|", '"', "\\", False, b"|"),
]


def reader(delimiter: str, quote: str, escape: str, skips_space: bool, rest: bytes) -> RecordReader:
    marks = (ord(mark) if mark else -1 for mark in (delimiter, quote, escape))
    return RecordReader(*marks, rest=rest, skips_space=skips_space)


def joined(
    data: bytes, actions: list[Action], *, changed: bytes | None = None, removed: list[int] | None = None
) -> bytes:
    ends = np.array([place for place, byte in enumerate(data) if byte == ord("\n")], np.int64)
    return join_records(
        data,
        changed or data,
        removed=None if removed is None else np.isin(np.arange(len(data)), removed),
        starts=np.array([0, *ends[:-1] + 1], np.int64),
        ends=ends,
        actions=np.array(actions, np.uint8),
        reader=reader(*MARKS[0]),
        delimiter=ord(","),
    )


def test_records_are_dropped_copied_and_rewritten() -> None:
    data = b'a\nb"\n"c"d\ne\n'
    assert joined(data, [Action.COPY, Action.DROP, Action.REWRITE, Action.COPY]) == b'a\n"cd"\ne\n'
    assert joined(data, [Action.COPY, Action.REWRITE, Action.DROP, Action.DROP]) == b'a\n"b"""\n'


def test_copied_records_are_the_changed_ones_without_the_removed_bytes() -> None:
    data, changed = b'a\nb"\n"c"d\n', b'A\nBB\n"C"D\n'
    assert joined(data, [Action.COPY, Action.COPY, Action.REWRITE], changed=changed, removed=[3]) == b'A\nB\n"cd"\n'


@pytest.mark.parametrize(
    ("record", "canonical"),
    [
        (b'1, "x, y"', b'1,"x, y"'),
        (b' \t"1" , z', b'"1 ", z'),
        (b'"a\\"b",\\x', b'"a""b",\\x'),
        (b'"a"\\,b', b'"a\\",b'),
    ],
)
def test_space_before_a_quote_is_left_out(record: bytes, canonical: bytes) -> None:
    size = np.array([len(record)], np.int64)
    actions, start = np.array([Action.REWRITE], np.uint8), np.zeros(1, np.int64)
    rewritten = join_records(
        record, record, removed=None, starts=start, ends=size, actions=actions, reader=reader(*MARKS[1]), delimiter=44
    )
    assert rewritten == canonical + b"\n"


def edges_of_join() -> None:
    for record in RECORDS:
        for size in range(len(record) + 1):
            data, out = protected_bytes(record[:size]), protected_array(4 * size + 3)
            starts, ends, nexts = (protected_array(1, np.int64) for _ in range(3))
            starts[:], ends[:], nexts[:] = 0, size, size
            for marks in MARKS:
                dialect = reader(*marks).marks
                for action in Action:
                    actions = protected_array(1)
                    actions[:] = action
                    written = KERNELS.ij_join_records(
                        *(data.ctypes.data, data.ctypes.data, None, starts.ctypes.data, ends.ctypes.data),
                        *(nexts.ctypes.data, actions.ctypes.data, 1, dialect.ctypes.data, ord(","), out.ctypes.data),
                    )
                    assert written <= out.size


def test_no_memory_outside_of_data_and_result_is_accessed() -> None:
    assert run_in_process(edges_of_join) == 0
