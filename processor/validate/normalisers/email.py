"""E-mail addresses: syntax by email-validator without asking the DNS, the domain in lower case."""

from functools import lru_cache
from typing import Final

import email_validator
import polars as pl
from email_validator.rfc_constants import CASE_INSENSITIVE_MAILBOX_NAMES

from processor.validate.distinct import filled, placed

_DOMAIN: Final = r"(?:[a-zA-Z0-9]+(?:-[a-zA-Z0-9]+)*\.)+[a-zA-Z]{2,24}"
#: Addresses that email-validator surely takes, given at most 64 bytes: no label, local part or whole can be too long.
_SURE: Final = rf"^[a-zA-Z0-9_%+-]+(?:\.[a-zA-Z0-9_%+-]+)*@{_DOMAIN}$"
_RESERVED: Final = "|".join(email_validator.SPECIAL_USE_DOMAIN_NAMES)
#: Left to email-validator: reserved domains, and mailboxes such as INFO@ that it writes in lower case.
_SPECIAL: Final = rf"(?i:[@.](?:{_RESERVED})$)"
_MAILBOX: Final = rf"^(?i:{'|'.join(CASE_INSENSITIVE_MAILBOX_NAMES)})@"
#: Whatever email-validator takes looks like this.
_POSSIBLE: Final = r"^[^@\s]+@[^@\s]+\.[^@\s]+$"


def normalise(texts: pl.Series) -> pl.Series:
    """Check addresses and lower the case of their domains; null where the syntax is wrong."""
    text = pl.col("t")
    frame = (
        texts.str.strip_chars()
        .to_frame("t")
        .with_columns(
            sure=text.str.contains(_SURE) & (text.str.len_bytes() <= 64) & ~text.str.contains(_SPECIAL),
            loud=text.str.contains(r"^[^@]*[A-Z]"),
        )
    )
    # Where there is no capital before the @, the whole is as good as the domain: 60 ms for 1,000,000 instead of 400.
    frame = frame.with_columns(
        fast=pl.when(text.is_not_null() & pl.col("sure") & ~pl.col("loud")).then(text.str.to_lowercase())
    )
    rest = frame.filter(text.is_not_null() & pl.col("fast").is_null())
    if rest.is_empty():
        return frame["fast"]
    return placed(frame["fast"], frame["fast"].is_null() & frame["t"].is_not_null(), _harder(rest))


def _harder(frame: pl.DataFrame) -> pl.Series:
    """Read addresses with capitals before the @, and those that only email-validator can judge."""
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
