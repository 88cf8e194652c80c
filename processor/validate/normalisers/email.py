"""E-mail addresses: email-validator checks the syntax, without asking the DNS; the domain becomes lower case."""

from functools import lru_cache
from typing import Final

import email_validator
import numpy as np
import polars as pl
from email_validator.rfc_constants import CASE_INSENSITIVE_MAILBOX_NAMES

from processor.validate.rewriting import complete, complete_one_by_one
from processor.validate.text_bytes import CASE_BIT, Integers, Mask, bytes_of, is_capital, lower_at, rows_at, texts_from

_DOMAIN: Final = r"(?:[a-zA-Z0-9]+(?:-[a-zA-Z0-9]+)*\.)+[a-zA-Z]{2,24}"
#: Addresses of this form and at most 64 bytes are valid for email-validator: no label, local part or whole is too long.
_COMMON: Final = rf"^[a-zA-Z0-9_%+-]+(?:\.[a-zA-Z0-9_%+-]+)*@{_DOMAIN}$"
_SHORT: Final = 64
_RESERVED: Final = "|".join(email_validator.SPECIAL_USE_DOMAIN_NAMES)
_RESERVED_ENDS: Final = np.frombuffer(
    "".join(sorted({name[-1] for name in email_validator.SPECIAL_USE_DOMAIN_NAMES})).encode(), dtype=np.uint8
)
#: email-validator rejects reserved domains, and rewrites mailboxes such as INFO@ in lower case.
_SPECIAL: Final = rf"(?i:[@.](?:{_RESERVED})$)"
_MAILBOX: Final = rf"^(?i:{'|'.join(CASE_INSENSITIVE_MAILBOX_NAMES)})@"
#: Every address that email-validator accepts matches this.
_POSSIBLE: Final = r"^[^@\s]+@[^@\s]+\.[^@\s]+$"


def normalise(texts: pl.Series) -> pl.Series:
    """Rewrite addresses with the domain in lower case; null where the syntax is invalid."""
    data, bounds = bytes_of(texts)
    is_done = texts.str.contains(_COMMON).fill_null(False).to_numpy() & (np.diff(bounds) <= _SHORT)
    if not is_done.any():
        return _by_expressions(texts)
    at = np.full(len(texts), len(data))
    at_signs = np.flatnonzero(data == ord("@"))
    at[rows_at(at_signs, bounds)] = at_signs
    capitals = np.flatnonzero(is_capital(data))
    rows = rows_at(capitals, bounds)
    in_domain = capitals > at[rows]
    is_done &= ~_matches(texts, rows[~in_domain], _MAILBOX)
    last = data[np.maximum(bounds[1:], 1) - 1] | CASE_BIT
    is_done &= ~_matches(texts, np.flatnonzero(np.isin(last, _RESERVED_ENDS)), _SPECIAL)
    fast = texts_from(lower_at(data, capitals[in_domain]).tobytes(), np.diff(bounds), texts)
    return complete(texts, fast, is_done, _by_expressions)


def _matches(texts: pl.Series, rows: Integers, pattern: str) -> Mask:
    """Mark the texts of these rows that match a pattern; a row may be given several times."""
    mask = np.zeros(len(texts), dtype=np.bool_)
    mask[rows] = True
    if len(rows):
        mask[mask] = texts.filter(pl.Series(mask)).str.contains(pattern).fill_null(False).to_numpy()
    return mask


def _by_expressions(texts: pl.Series) -> pl.Series:
    """Rewrite addresses that may have white space around them, and ask email-validator about unusual ones."""
    text = pl.col("t")
    frame = texts.str.strip_chars().to_frame("t").with_columns(common=text.str.contains(_COMMON))
    special = (text.str.len_bytes() > _SHORT) | text.str.contains(_SPECIAL)
    return _by_validator(frame.with_columns(common=pl.col("common") & ~special))


def _by_validator(frame: pl.DataFrame) -> pl.Series:
    """Rewrite common addresses, and ask email-validator about the others.

    `frame` has the columns `t` (the text) and `common` (whether email-validator certainly accepts it).
    """
    text = pl.col("t")
    halves = text.str.splitn("@", 2).struct
    lowered = halves.field("field_0") + "@" + halves.field("field_1").str.to_lowercase()
    frame = frame.select(
        text,
        fast=pl.when(pl.col("common") & ~text.str.contains(_MAILBOX)).then(lowered),
        possible=text.str.contains(_POSSIBLE),
    )
    is_done = frame["fast"].is_not_null() | ~frame["possible"]
    return complete_one_by_one(frame["t"], frame["fast"], is_done, _validate)


@lru_cache(maxsize=1 << 16)
def _validate(text: str) -> str | None:
    try:
        return email_validator.validate_email(text, check_deliverability=False).normalized
    except email_validator.EmailNotValidError:
        return None
