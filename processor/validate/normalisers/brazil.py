"""Brazil's registration numbers, CPF (people) and CNPJ (companies), with their check digits.

Source: Receita Federal. CNPJs may have letters (from July 2026), each of which counts as its ASCII code minus 48.
"""

from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from processor.validate.rewriting import Rewrite, complete
from processor.validate.text_bytes import Bytes, Integers, Mask, bytes_of, remove_characters, texts_from

_CPF_WEIGHTS: Final = (11, 10, 9, 8, 7, 6, 5, 4, 3, 2)
_CNPJ_WEIGHTS: Final = (6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2)
#: The check digit for each remainder.
_CHECK_DIGITS: Final = np.array([0, 0, *range(9, 0, -1)], dtype=np.uint8)
_CPF_PATTERN: Final = r"^[0-9]{3}\.?[0-9]{3}\.?[0-9]{3}-?[0-9]{2}$"
_CNPJ_PATTERN: Final = r"^[0-9A-Z]{2}\.?[0-9A-Z]{3}\.?[0-9A-Z]{3}/?[0-9A-Z]{4}-?[0-9]{2}$"
#: Spellings that are read from the bytes: 0 stands for any digit, another mark for itself.
_CPF_SPELLINGS: Final = ("000.000.000-00", "00000000000")
_CNPJ_SPELLINGS: Final = ("00.000.000/0000-00", "00000000000000")


def normalise_cpf(texts: pl.Series) -> pl.Series:
    """Reduce CPFs to their eleven digits: `123.456.789-09` becomes `12345678909`."""
    return _normalise(texts, _CPF_SPELLINGS, _CPF_WEIGHTS, lambda rest: _by_pattern(rest, _CPF_PATTERN, _CPF_WEIGHTS))


def normalise_cnpj(texts: pl.Series) -> pl.Series:
    """Reduce CNPJs to their fourteen characters, the first twelve of which may be letters."""
    return _normalise(
        texts,
        _CNPJ_SPELLINGS,
        _CNPJ_WEIGHTS,
        lambda rest: _by_pattern(rest.str.to_uppercase(), _CNPJ_PATTERN, _CNPJ_WEIGHTS),
    )


def _normalise(texts: pl.Series, spellings: tuple[str, ...], weights: tuple[int, ...], slow: Rewrite) -> pl.Series:
    """Read valid numbers in these spellings from their bytes, in a tenth of the time; leave the others to `slow`."""
    data, bounds = bytes_of(texts)
    lengths = np.diff(bounds)
    width = len(weights) + 1
    is_done = np.zeros(len(texts), dtype=np.bool_)
    digits = np.empty((len(texts), width), dtype=np.uint8)
    for spelling in spellings:
        rows = np.flatnonzero(lengths == len(spelling))
        if not len(rows):
            continue
        read, is_valid = _read_digits(_as_matrix(data, bounds, rows, len(spelling)), spelling, weights)
        if len(rows) == len(texts) and is_valid.all():
            return texts_from(read.T.tobytes(), np.full(len(texts), width), texts)
        rows = rows[is_valid]
        is_done[rows], digits[rows] = True, read.T[is_valid]
    fast = texts_from(digits[is_done].tobytes(), np.where(is_done, width, 0), texts)
    return complete(texts, fast, is_done, slow)


def _as_matrix(data: Bytes, bounds: Integers, rows: Integers, width: int) -> Bytes:
    """Return the bytes of texts that are all `width` bytes long (shape: rows, width)."""
    if len(rows) * width == len(data):
        return data.reshape(-1, width)
    return data[bounds[rows][:, None] + np.arange(width)]


def _read_digits(texts: Bytes, spelling: str, weights: tuple[int, ...]) -> tuple[Bytes, Mask]:
    """Return the digits of texts (shape: digits, rows), and the mask of the valid numbers in this spelling."""
    places = [place for place, mark in enumerate(spelling) if mark == "0"]
    digits = np.stack([texts[:, place] for place in places])
    values = digits - np.uint8(ord("0"))
    is_valid = values.max(axis=0) < 10
    for place, mark in enumerate(spelling):
        if mark != "0":
            is_valid &= texts[:, place] == ord(mark)
    first, second = _check_digits(values, weights[1:]), _check_digits(values, weights)
    is_valid &= (first == values[-2]) & (second == values[-1])
    # A number of one repeated digit is invalid although its check digits are right.
    alike = np.flatnonzero(is_valid & (values[0] == values[1]) & (values[1] == values[2]))
    is_valid[alike] = (values[:, alike] != values[0, alike]).any(axis=0)
    return digits, is_valid


def _check_digits(values: Bytes, weights: tuple[int, ...]) -> Bytes:
    """Return the check digit of each number (shape of `values`: digits, rows); any byte may stand for a digit."""
    total = np.zeros(values.shape[1], dtype=np.uint16)
    for line, weight in zip(values, weights, strict=False):  # only the first digits count
        total += np.multiply(line, weight, dtype=np.uint16)
    return _CHECK_DIGITS[total % 11]


def _by_pattern(texts: pl.Series, pattern: str, weights: tuple[int, ...]) -> pl.Series:
    """Read numbers in any accepted spelling by a regular expression."""
    trimmed = texts.str.strip_chars()
    matches = trimmed.str.contains(pattern)
    if not matches.any():
        return trimmed.clear(len(trimmed))
    numbers = trimmed.filter(matches)
    if numbers.str.contains(r"[./-]").any():
        numbers = remove_characters(numbers, b"./-")
    is_valid = pl.Series(_is_valid(numbers, weights))
    if is_valid.all() and len(numbers) == len(trimmed):
        return numbers
    return trimmed.clear(len(trimmed)).scatter(matches.arg_true().filter(is_valid), numbers.filter(is_valid))


def _is_valid(numbers: pl.Series, weights: tuple[int, ...]) -> Mask:
    """Mark the numbers with right check digits that are not one repeated digit; all have the same length."""
    length = len(weights) + 1
    matrix = np.frombuffer(str(numbers.str.join("").item()).encode(), dtype=np.uint8).reshape(-1, length)
    # numpy multiplies floats several times as fast; the sums stay far below 2**24 and are exact.
    characters = matrix.astype(np.float32)
    first = _check_characters(characters[:, : length - 2], weights[1:])
    second = _check_characters(characters[:, : length - 1], weights)
    repeated = numbers.is_in([digit * length for digit in "0123456789"]).to_numpy()
    return (matrix[:, -2] == first) & (matrix[:, -1] == second) & ~repeated


def _check_characters(characters: npt.NDArray[np.float32], weights: tuple[int, ...]) -> npt.NDArray[np.int16]:
    """Return the code of each number's check digit; a character counts as its code minus 48."""
    total = (characters @ np.array(weights, dtype=np.float32)).astype(np.int16) - 48 * sum(weights)
    remainder = total % 11
    return np.where(remainder < 2, 48, 59 - remainder).astype(np.int16)
