"""Texts, truth, bytes and identifiers: their values, or None where one of the texts is not in a form that is sure."""

from binascii import Error, unhexlify
from collections.abc import Callable
from typing import Final

import numpy as np
import polars as pl

from processor.encode.raw import column_of, raw

#: Texts → values of the same length and name, null where the text is null; None when a text is in no sure form.
Exact = Callable[[pl.Series], pl.Series | None]

_TRUTH: Final = {
    form: truth
    for truth, words in ((True, ("t", "true", "y", "yes", "on", "1")), (False, ("f", "false", "n", "no", "off", "0")))
    for word in words
    for form in (word, word.upper(), word.title())
}
_UUID_TEXT: Final = 36
_HYPHENS: Final = (8, 13, 18, 23)
_UUID_BYTES: Final = 16


def complete(texts: pl.Series, read: pl.Series) -> pl.Series | None:
    """Give what was read if every text was."""
    return read if read.null_count() == texts.null_count() else None


def same(texts: pl.Series) -> pl.Series | None:
    """Take the text as it is: the binary form of texts, enums and json."""
    return texts


def boolean(texts: pl.Series) -> pl.Series | None:
    """Read the usual words for true and false."""
    return complete(texts, texts.replace_strict(_TRUTH, default=None, return_dtype=pl.Boolean))


def uuid(texts: pl.Series) -> pl.Series | None:
    """Read identifiers in the form that Postgres writes, in either case: a third of the time of Polars's decoder."""
    data, offsets = raw(texts)
    lengths = np.diff(offsets)
    if not np.isin(lengths, (0, _UUID_TEXT)).all() or np.count_nonzero(lengths) != len(texts) - texts.null_count():
        return None
    rows = data.reshape(-1, _UUID_TEXT)
    if not (rows[:, _HYPHENS] == ord("-")).all():
        return None
    try:
        payload = unhexlify(np.delete(rows, _HYPHENS, axis=1).tobytes())
    except Error:
        return None
    return column_of(texts, payload, np.where(lengths > 0, _UUID_BYTES, 0))


def from_hexadecimal(texts: pl.Series) -> pl.Series | None:
    r"""Read bytes in the form `\xc0ffee`; what does not begin so is in the older escape form."""
    if not texts.str.starts_with("\\x").all():
        return None
    return complete(texts, texts.str.slice(2).str.decode("hex", strict=False))
