"""Records are kept, skipped or rejected by what was counted from their bytes."""

import numpy as np

from processor.model import Chunk, Dialect, Position
from processor.validate import check_shape
from tests.rejected_cells import messages, rejected_cells, rejected_codes


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
    assert (shape.keep.tolist(), shape.skipped, shape.rejections.cells()) == ([True, False, True], 1, [])


def test_records_with_another_number_of_fields_are_rejected():
    rejections = check_shape(chunk([1, 2, 3]), 2, Dialect()).rejections
    assert rejected_cells(rejections) == [(0, None, "IJ401"), (2, None, "IJ402")]
    assert [message[-17:] for message in messages(rejections)] == [" (1 instead of 2)", " (3 instead of 2)"]


def test_first_reason_that_applies_rejects_a_record():
    shape = check_shape(chunk([1, 1, 1], oversized=[0], nul=[0, 1]), 2, Dialect())
    assert rejected_codes(shape.rejections) == [(0, "IJ408"), (1, "IJ407"), (2, "IJ401")]
    assert not shape.keep.any()


def test_found_comments_that_would_be_rows_are_rejected():
    lines = chunk([2, -1, -2, -3, 0], blank=[1, 2, 3, 4])
    shape = check_shape(lines, 2, Dialect(comment="#", how={"comment": "found"}))
    assert (rejected_codes(shape.rejections), shape.skipped) == ([(2, "IJ409")], 3)
    assert "options.comment" in messages(shape.rejections)[0]


def test_given_comments_are_skipped():
    lines = chunk([2, -1, -2, -3, 0], blank=[1, 2, 3, 4])
    shape = check_shape(lines, 2, Dialect(comment="#", how={"comment": "given"}))
    assert (shape.rejections.cells(), shape.skipped) == ([], 4)
