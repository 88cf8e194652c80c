"""Find the texts that have an exact value: one that Postgres stores alike from text and from binary."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

import numpy as np
import numpy.typing as npt

from processor.native.batch import Batch
from processor.native.library import KERNELS, address

#: VALUE_OVERHEAD in values.h.
_OVERHEAD: Final = 24


class Form(IntEnum):
    """The binary representation of a value; the order is that of `enum form` in values.h."""

    #: The text itself, with at most `precision` characters.
    TEXT = 0
    #: The text itself, of a type that does not accept every text.
    SAME = 1
    JSONB = 2
    BOOLEAN = 3
    BYTEA = 4
    UUID = 5
    INT2 = 6
    INT4 = 7
    INT8 = 8
    FLOAT4 = 9
    FLOAT8 = 10
    NUMERIC = 11
    DATE = 12
    TIME = 13
    TIMESTAMP = 14
    TIMESTAMPTZ = 15
    #: A column of 64-bit integers instead of texts.
    WHOLE = 16


@dataclass(frozen=True, slots=True)
class BinaryForm:
    """The form of a column's values; a `precision` (in digits or characters) of 0 means that there is no limit."""

    form: Form
    precision: int = 0
    scale: int = 0


def as_array(forms: Sequence[BinaryForm]) -> npt.NDArray[np.int64]:
    """Return the forms as an array of the struct `binary_form` in rows.c."""
    return np.array([(form.form, form.precision, form.scale) for form in forms], dtype=np.int64)


def has_exact_value(batch: Batch, column: int, form: BinaryForm) -> npt.NDArray[np.bool_]:
    """Return a mask (shape: rows) of the texts of a column that have an exact value, or are null.

    Raises: IndexError or TypeError if the batch has no such column of texts.
    """
    batch.texts(column)
    mask = np.ones(batch.rows, dtype=np.bool_)
    if batch.rows and form != BinaryForm(Form.TEXT):
        scratch = np.empty(KERNELS.ij_longest_text(batch.at, column) + _OVERHEAD, dtype=np.uint8)
        form_array = as_array([form])
        KERNELS.ij_mark_exact_values(batch.at, column, address(form_array), address(mask), address(scratch))
    return mask
