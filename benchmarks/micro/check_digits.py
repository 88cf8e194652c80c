"""Brazilian numbers with check digits, for the files of the benchmarks."""

import numpy as np
import numpy.typing as npt
import polars as pl

Digits = npt.NDArray[np.int64]


def cpfs(digits: Digits) -> pl.Series:
    """Return CPFs; `digits` (shape: rows, 9) has one number without its check digits in each row."""
    return _with_check_digits(digits, (11, 10, 9, 8, 7, 6, 5, 4, 3, 2))


def cnpjs(digits: Digits) -> pl.Series:
    """Return CNPJs; `digits` (shape: rows, 12) has one number without its check digits in each row."""
    return _with_check_digits(digits, (6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2))


def _with_check_digits(digits: Digits, weights: tuple[int, ...]) -> pl.Series:
    for used in (weights[1:], weights):
        remainder = digits @ np.array(used) % 11
        digits = np.column_stack([digits, np.where(remainder < 2, 0, 11 - remainder)])
    text, width = (digits + ord("0")).astype(np.uint8).tobytes().decode(), digits.shape[1]
    return pl.Series([text[at : at + width] for at in range(0, len(text), width)])
