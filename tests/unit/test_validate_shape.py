"""Records are kept, skipped or rejected by what was counted from their bytes."""

import numpy as np

from processor.model import Chunk, Dialect, Position
from processor.validate import check_shape


def chunk(fields: list[int], **marked: list[int]) -> Chunk:
    """Return a chunk of records with so many fields; `marked` gives the records for which a mask is true."""
    count = len(fields)

    def mask(name: str) -> np.ndarray:
        return np.isin(np.arange(count), marked.get(name, []))

    return Chunk(
        position=Position(),
        next=Position(),
        data=b"",
        starts=np.zeros(count, dtype=np.int64),
        ends=np.zeros(count, dtype=np.int64),
        fields=np.array(fields, dtype=np.int32),
        lines=np.arange(1, count + 1),
        blank=mask("blank"),
        nul=mask("nul"),
        oversized=mask("oversized"),
        irregular=mask("irregular"),
    )


def test_blank_records_are_skipped_and_the_others_kept():
    shape = check_shape(chunk([2, 0, 2], blank=[1]), 2, Dialect())
    assert (shape.keep.tolist(), shape.skipped, shape.rejections.rows) == ([True, False, True], 1, ())


def test_records_with_another_number_of_fields_are_rejected():
    rejections = check_shape(chunk([1, 2, 3]), 2, Dialect()).rejections
    assert (rejections.rows, rejections.codes) == ((0, 2), ("IJ401", "IJ402"))
    assert [message[-17:] for message in rejections.messages] == [" (1 instead of 2)", " (3 instead of 2)"]


def test_first_reason_that_applies_rejects_a_record():
    shape = check_shape(chunk([1, 1, 1], oversized=[0], nul=[0, 1]), 2, Dialect())
    assert (shape.rejections.rows, shape.rejections.codes) == ((0, 1, 2), ("IJ408", "IJ407", "IJ401"))
    assert not shape.keep.any()


def test_found_comments_that_would_be_rows_are_rejected():
    lines = chunk([2, -1, -2, -3, 0], blank=[1, 2, 3, 4])
    shape = check_shape(lines, 2, Dialect(comment="#", how={"comment": "found"}))
    assert (shape.rejections.rows, shape.rejections.codes, shape.skipped) == ((2,), ("IJ409",), 3)
    assert "options.comment" in shape.rejections.messages[0]


def test_given_comments_are_skipped():
    lines = chunk([2, -1, -2, -3, 0], blank=[1, 2, 3, 4])
    shape = check_shape(lines, 2, Dialect(comment="#", how={"comment": "given"}))
    assert (shape.rejections.rows, shape.skipped) == ((), 4)
