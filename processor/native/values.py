"""Which texts have a value that Postgres surely stores alike, whichever way they go in."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

import numpy as np
import numpy.typing as npt

from processor.native.batch import Batch
from processor.native.library import KERNELS, address

#: VALUE_OVERHEAD in values.h
_OVERHEAD: Final = 24


class Form(IntEnum):
    """What texts become; the order is that of `enum form` in values.h."""

    #: Text, of so many characters at most.
    TEXT = 0
    #: What is the text itself, but not for any text.
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
    #: Of a column that does not have texts, but numbers of 64 bits already.
    WHOLE = 16


@dataclass(frozen=True, slots=True)
class Kind:
    """What the texts of a column become; `precision` (digits, characters) is 0 where there is no limit."""

    form: Form
    precision: int = 0
    scale: int = 0


def kinds_of(some: Sequence[Kind]) -> npt.NDArray[np.int64]:
    """Lay kinds out as the kernels take them."""
    return np.array([(each.form, each.precision, each.scale) for each in some], dtype=np.int64)


def sure(batch: Batch, place: int, kind: Kind) -> npt.NDArray[np.bool_]:
    """Tell of each text of a column whether it is null or has a sure value (shape: rows).

    Raises: IndexError, TypeError where the batch has no such column of texts.
    """
    batch.texts(place)
    mask = np.ones(batch.rows, dtype=np.bool_)
    if batch.rows and kind != Kind(Form.TEXT):
        scratch = np.empty(KERNELS.longest_text(batch.at, place) + _OVERHEAD, dtype=np.uint8)
        as_kind = kinds_of([kind])
        KERNELS.sure_values(batch.at, place, address(as_kind), address(mask), address(scratch))
    return mask
