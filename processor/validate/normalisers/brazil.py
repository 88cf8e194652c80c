"""Brazil's registration numbers, CPF (people) and CNPJ (companies), with their check digits.

Source: Receita Federal; CNPJs with letters (from July 2026) count each character as its ASCII code minus 48.
"""

from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from processor.validate.distinct import Read
from processor.validate.plainbytes import Mask, settled, texts_of, without
from processor.validate.raw import Bytes, Integers, raw

_CPF_WEIGHTS: Final = (11, 10, 9, 8, 7, 6, 5, 4, 3, 2)
_CNPJ_WEIGHTS: Final = (6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2)
#: The check digit of each remainder.
_CHECKS: Final = np.array([0, 0, *range(9, 0, -1)], dtype=np.uint8)
_CPF_SHAPE: Final = r"^[0-9]{3}\.?[0-9]{3}\.?[0-9]{3}-?[0-9]{2}$"
_CNPJ_SHAPE: Final = r"^[0-9A-Z]{2}\.?[0-9A-Z]{3}\.?[0-9A-Z]{3}/?[0-9A-Z]{4}-?[0-9]{2}$"
#: Spellings that are read from the bytes at once: digits (0), and marks that stand for themselves.
_CPF_PLAIN: Final = ("000.000.000-00", "00000000000")
_CNPJ_PLAIN: Final = ("00.000.000/0000-00", "00000000000000")


def cpf(texts: pl.Series) -> pl.Series:
    """Reduce CPFs to their eleven digits; `123.456.789-09` and `12345678909` are the same."""
    return _quickly(texts, _CPF_PLAIN, _CPF_WEIGHTS, lambda rest: _checked(rest, _CPF_SHAPE, _CPF_WEIGHTS))


def cnpj(texts: pl.Series) -> pl.Series:
    """Reduce CNPJs to their fourteen characters, the first twelve of which may be letters."""
    return _quickly(
        texts, _CNPJ_PLAIN, _CNPJ_WEIGHTS, lambda rest: _checked(rest.str.to_uppercase(), _CNPJ_SHAPE, _CNPJ_WEIGHTS)
    )


def _quickly(texts: pl.Series, plain: tuple[str, ...], weights: tuple[int, ...], slow: Read) -> pl.Series:
    """Read right numbers in plain spellings from their bytes, a tenth of the time; leave all others to `slow`."""
    data, bounds = raw(texts)
    lengths = np.diff(bounds)
    width = len(weights) + 1
    sure = np.zeros(len(texts), dtype=np.bool_)
    digits = np.empty((len(texts), width), dtype=np.uint8)
    for spelling in plain:
        rows = np.flatnonzero(lengths == len(spelling))
        if not len(rows):
            continue
        found, right = _digits(_matrix(data, bounds, rows, len(spelling)), spelling, weights)
        if len(rows) == len(texts) and right.all():
            return texts_of(found.T.tobytes(), np.full(len(texts), width), texts)
        rows = rows[right]
        sure[rows], digits[rows] = True, found.T[right]
    return settled(texts, sure, texts_of(digits[sure].tobytes(), np.where(sure, width, 0), texts), slow)


def _matrix(data: Bytes, bounds: Integers, rows: Integers, width: int) -> Bytes:
    """Put the texts of one length below each other."""
    if len(rows) * width == len(data):
        return data.reshape(-1, width)
    return data[bounds[rows][:, None] + np.arange(width)]


def _digits(texts: Bytes, spelling: str, weights: tuple[int, ...]) -> tuple[Bytes, Mask]:
    """Give the digits of texts in a spelling, one line each, and which texts are so spelt with right check digits."""
    at = [place for place, mark in enumerate(spelling) if mark == "0"]
    digits = np.stack([texts[:, place] for place in at])
    values = digits - np.uint8(ord("0"))
    right = values.max(axis=0) < 10
    for place, mark in enumerate(spelling):
        if mark != "0":
            right &= texts[:, place] == ord(mark)
    first, second = _check_of(values, weights[1:]), _check_of(values, weights)
    right &= (first == values[-2]) & (second == values[-1])
    alike = np.flatnonzero(right & (values[0] == values[1]) & (values[1] == values[2]))
    right[alike] = (values[:, alike] != values[0, alike]).any(axis=0)
    return digits, right


def _check_of(values: Bytes, weights: tuple[int, ...]) -> Bytes:
    """Compute the check digit of digits, one line each; bytes that are no digits give something, too."""
    total = np.zeros(values.shape[1], dtype=np.uint16)
    for line, weight in zip(values, weights, strict=False):  # only so many digits count
        total += np.multiply(line, weight, dtype=np.uint16)
    return _CHECKS[total % 11]


def _checked(texts: pl.Series, shape: str, weights: tuple[int, ...]) -> pl.Series:
    bare = texts.str.strip_chars()
    shaped = bare.str.contains(shape)
    if not shaped.any():
        return bare.clear(len(bare))
    plain = bare.filter(shaped)
    if plain.str.contains(r"[./-]").any():
        plain = without(plain, b"./-")
    right = pl.Series(_right(plain, weights))
    if right.all() and len(plain) == len(bare):
        return plain
    return bare.clear(len(bare)).scatter(shaped.arg_true().filter(right), plain.filter(right))


def _right(numbers: pl.Series, weights: tuple[int, ...]) -> npt.NDArray[np.bool_]:
    """Compare both check digits of numbers of one length, all at once; one digit repeated is no number."""
    length = len(weights) + 1
    everything = np.frombuffer(str(numbers.str.join("").item()).encode(), dtype=np.uint8).reshape(-1, length)
    # As floats, which numpy multiplies several times as fast; the sums stay far below 2**24 and exact.
    characters = everything.astype(np.float32)
    first = _check_digit(characters[:, : length - 2], weights[1:])
    second = _check_digit(characters[:, : length - 1], weights)
    repeated = numbers.is_in([digit * length for digit in "0123456789"]).to_numpy()
    return (everything[:, -2] == first) & (everything[:, -1] == second) & ~repeated


def _check_digit(characters: npt.NDArray[np.float32], weights: tuple[int, ...]) -> npt.NDArray[np.int16]:
    """Compute the check digit, as the code of its character, from characters that count as their code minus 48."""
    total = (characters @ np.array(weights, dtype=np.float32)).astype(np.int16) - 48 * sum(weights)
    rest = total % 11
    return np.where(rest < 2, 48, 59 - rest).astype(np.int16)
