"""Kinds of values that occur in rows and not in headers, and which texts the types of columns may have."""

import re
from typing import Final

from processor.model import Column

_DATE = r"(\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}|[A-Za-z]{3,9}\.? \d{1,2},? \d{4}|\d{1,2}[- ][A-Za-z]{3,9}[- ,]+\d{2,4})"
# What Postgres ignores in a time, such as the pipe of `05:40|-5`, may be a delimiter.
_REST = r"[^;|\t]*"
_TIME = rf"\d{{1,2}}:\d{{2}}(:\d{{2}}{_REST})?"
_MAC = r"[0-9a-fA-F]{2}([:-][0-9a-fA-F]{2}){5,7}"
_IPV6 = r"(?=(.*:){2})[0-9a-fA-F:]+(\d+\.\d+\.\d+\.\d+)?(%\w+)?(/\d+)?"
_UUID = r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
#: Kinds of values that do not occur in headers: numbers, dates, times, e-mail addresses, UUIDs and other addresses.
KINDS: Final = (
    re.compile(r"[-+]?[\d.,]*\d([eE][-+]?\d+)?%?|[-+]?(NaN|nan|Infinity|inf)"),
    re.compile(rf"{_DATE}([ T]+\d{{1,2}}:\d{{2}}{_REST})?"),
    re.compile(_TIME),
    re.compile(r"[^@\s]+@[^@\s]+\.\w+"),
    re.compile(_UUID),
    re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://\S+|urn:\S+|mailto:\S+"),
    re.compile(_MAC),
    re.compile(_IPV6),
)
YEAR: Final = re.compile(r"(19|20)\d\d")
YEARS_BELOW: Final = re.compile(r"1[5-9]\d\d|2[01]\d\d")
#: Texts that stand for a missing value, and say nothing about a column.
_MISSING: Final = frozenset({"", "na", "n/a", "#n/a", "nan", "null", "none", "\\n", "-", "?"})

_DIGITS = r"\d[\d.,'\u00a0\u202f ]*|[.,]\d+"
_NUMBER = rf"[-+(]?\s*[$€£¥]?\s*[-+]?({_DIGITS})([eE][-+]?\d+)?\s*[)%€-]?|[-+]?(nan|inf|infinity)"
_PATTERNS: Final = {
    **dict.fromkeys(
        ("smallint", "integer", "bigint", "numeric", "real", "double precision", "money"),
        re.compile(_NUMBER, re.IGNORECASE),
    ),
    "boolean": re.compile(r"t|f|true|false|y|n|yes|no|on|off|0|1", re.IGNORECASE),
    "date": re.compile(rf"{_DATE}|\d{{4}}-?\d{{2}}-?\d{{2}}"),
    **dict.fromkeys(
        ("timestamp without time zone", "timestamp with time zone"),
        re.compile(rf"{_DATE}([ T,]+\d{{1,2}}[:h.]\d{{2}}{_REST})?|\d{{8}}(T?\d{{4,6}}{_REST})?|\d{{9,13}}"),
    ),
    **dict.fromkeys(
        ("time without time zone", "time with time zone"), re.compile(rf"\d{{1,2}}:\d{{2}}{_REST}|\d{{4,6}}")
    ),
    "interval": re.compile(rf"-?P?T?\d{_REST}"),
    "uuid": re.compile(rf"{_UUID}|[0-9a-fA-F]{{32}}|\{{{_UUID}\}}"),
    **dict.fromkeys(("inet", "cidr"), re.compile(rf"{_IPV6}|\d+(\.\d+){{3}}(/\d+)?")),
    **dict.fromkeys(("macaddr", "macaddr8"), re.compile(r"[0-9a-fA-F]{2,6}([:.-]?[0-9a-fA-F]{2,6})+")),
    **dict.fromkeys(("json", "jsonb"), re.compile(r"[\[{\"].*|-?\d.*|true|false|null", re.DOTALL)),
}


def is_value(cell: str) -> bool:
    """Return whether a cell has a value of a kind that does not occur in headers."""
    text = cell.strip()
    return any([kind.fullmatch(text) for kind in KINDS])


def fits(column: Column | None, cell: str) -> bool | None:
    """Return whether a column may accept a cell; None if its type or the cell does not say."""
    text = cell.strip()
    if column is None or text.casefold() in _MISSING:
        return None
    if column.kind == "e":
        return text in column.labels
    if column.base.endswith("[]"):
        return text.startswith("{")
    pattern = _PATTERNS.get(column.base)
    return None if pattern is None else pattern.fullmatch(text) is not None
