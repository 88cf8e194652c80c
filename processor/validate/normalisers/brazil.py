"""Brazil's registration numbers, CPF (people) and CNPJ (companies), with their check digits.

Source: Receita Federal; CNPJs with letters (from July 2026) count each character as its ASCII code minus 48.
"""

from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from processor.validate.plainbytes import without

_CPF_WEIGHTS: Final = (11, 10, 9, 8, 7, 6, 5, 4, 3, 2)
_CNPJ_WEIGHTS: Final = (6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2)


def cpf(texts: pl.Series) -> pl.Series:
    """Reduce CPFs to their eleven digits; `123.456.789-09` and `12345678909` are the same."""
    return _checked(texts, r"^[0-9]{3}\.?[0-9]{3}\.?[0-9]{3}-?[0-9]{2}$", _CPF_WEIGHTS)


def cnpj(texts: pl.Series) -> pl.Series:
    """Reduce CNPJs to their fourteen characters, the first twelve of which may be letters."""
    texts = texts.str.to_uppercase()
    shape = r"^[0-9A-Z]{2}\.?[0-9A-Z]{3}\.?[0-9A-Z]{3}/?[0-9A-Z]{4}-?[0-9]{2}$"
    return _checked(texts, shape, _CNPJ_WEIGHTS)


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
