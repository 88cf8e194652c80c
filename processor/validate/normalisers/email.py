"""E-mail addresses: syntax by email-validator without asking the DNS, the domain in lower case."""

from functools import lru_cache
from typing import Final

import email_validator
import numpy as np
import polars as pl
from email_validator.rfc_constants import CASE_INSENSITIVE_MAILBOX_NAMES

from processor.validate.distinct import filled
from processor.validate.plainbytes import CASE_BIT, Mask, capitals_in, lowered, rows_of, settled, texts_of
from processor.validate.raw import Integers, raw

_DOMAIN: Final = r"(?:[a-zA-Z0-9]+(?:-[a-zA-Z0-9]+)*\.)+[a-zA-Z]{2,24}"
#: Addresses that email-validator surely takes, given at most 64 bytes: no label, local part or whole can be too long.
_SURE: Final = rf"^[a-zA-Z0-9_%+-]+(?:\.[a-zA-Z0-9_%+-]+)*@{_DOMAIN}$"
_RESERVED: Final = "|".join(email_validator.SPECIAL_USE_DOMAIN_NAMES)
_SHORT: Final = 64
_RESERVED_ENDS: Final = np.frombuffer(
    "".join(sorted({name[-1] for name in email_validator.SPECIAL_USE_DOMAIN_NAMES})).encode(), dtype=np.uint8
)
#: Left to email-validator: reserved domains, and mailboxes such as INFO@ that it writes in lower case.
_SPECIAL: Final = rf"(?i:[@.](?:{_RESERVED})$)"
_MAILBOX: Final = rf"^(?i:{'|'.join(CASE_INSENSITIVE_MAILBOX_NAMES)})@"
#: Whatever email-validator takes looks like this.
_POSSIBLE: Final = r"^[^@\s]+@[^@\s]+\.[^@\s]+$"


def normalise(texts: pl.Series) -> pl.Series:
    """Check addresses and lower the case of their domains; null where the syntax is wrong."""
    data, bounds = raw(texts)
    sure = texts.str.contains(_SURE).fill_null(False).to_numpy() & (np.diff(bounds) <= _SHORT)
    if not sure.any():
        return _slowly(texts)
    at = np.full(len(texts), len(data))
    ats = np.flatnonzero(data == ord("@"))
    at[rows_of(ats, bounds)] = ats
    capitals = np.flatnonzero(capitals_in(data))
    rows = rows_of(capitals, bounds)
    behind = capitals > at[rows]
    sure &= ~_matching(texts, rows[~behind], _MAILBOX)
    last = data[np.maximum(bounds[1:], 1) - 1] | CASE_BIT
    sure &= ~_matching(texts, np.flatnonzero(np.isin(last, _RESERVED_ENDS)), _SPECIAL)
    fast = texts_of(lowered(data, capitals[behind]).tobytes(), np.diff(bounds), texts)
    return settled(texts, sure, fast, _slowly)


def _matching(texts: pl.Series, rows: Integers, pattern: str) -> Mask:
    """Mark those of some texts that match a pattern; one may be named several times."""
    found = np.zeros(len(texts), dtype=np.bool_)
    found[rows] = True
    if len(rows):
        found[found] = texts.filter(pl.Series(found)).str.contains(pattern).fill_null(False).to_numpy()
    return found


def _slowly(texts: pl.Series) -> pl.Series:
    """Read addresses with spaces around them, and those that only email-validator can judge."""
    text = pl.col("t")
    frame = texts.str.strip_chars().to_frame("t").with_columns(sure=text.str.contains(_SURE))
    special = (text.str.len_bytes() > _SHORT) | text.str.contains(_SPECIAL)
    return _harder(frame.with_columns(sure=pl.col("sure") & ~special))


def _harder(frame: pl.DataFrame) -> pl.Series:
    """Take what is sure, also with capitals before the @, and ask email-validator about the rest."""
    text = pl.col("t")
    halves = text.str.splitn("@", 2).struct
    lowered = halves.field("field_0") + "@" + halves.field("field_1").str.to_lowercase()
    frame = frame.select(
        text,
        fast=pl.when(pl.col("sure") & ~text.str.contains(_MAILBOX)).then(lowered),
        possible=text.str.contains(_POSSIBLE),
    )
    return filled(frame["t"], frame["fast"].is_not_null() | ~frame["possible"], _validated, frame["fast"])


@lru_cache(maxsize=1 << 16)
def _validated(text: str) -> str | None:
    try:
        return email_validator.validate_email(text, check_deliverability=False).normalized
    except email_validator.EmailNotValidError:
        return None
