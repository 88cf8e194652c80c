"""Compile the strptime notation of a date format to a regular expression with one named group for each directive."""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from processor.errors import BadOption
from processor.validate.locales import LANGUAGES

#: The notation that stands for ISO 8601.
ISO: Final = "iso"
#: The names of each of the twelve months.
Months = tuple[tuple[str, ...], ...]

_SHORTCUTS = {"%F": "%Y-%m-%d", "%T": "%H:%M:%S", "%R": "%H:%M", "%h": "%b", "%B": "%b"}
_LOOSE = {
    "Y": "[0-9]{4}",
    "y": "[0-9]{2}",
    "m": "0?[1-9]|1[0-2]",
    "d": "0?[1-9]|[12][0-9]|3[01]",
    "H": "[01]?[0-9]|2[0-3]",
    "I": "0?[1-9]|1[0-2]",
    "M": "[0-5][0-9]",
    "S": "[0-5][0-9]",
    "f": "[0-9]{1,9}",
    "p": r"(?i:[ap]\.?m\.?)",
    "z": "Z|[+-](?:0[0-9]|1[0-4]):?[0-5][0-9]",
}
#: Numbers with all their digits, which are required where two numbers have no character between them.
_STRICT = _LOOSE | {"m": "0[1-9]|1[0-2]", "d": "0[1-9]|[12][0-9]|3[01]", "H": "[01][0-9]|2[0-3]", "I": "0[1-9]|1[0-2]"}
_WIDTHS: Final = {"Y": 4, "m": 2, "d": 2, "H": 2, "M": 2, "S": 2}
_DIRECTIVE = re.compile(r"%(.)")


@dataclass(frozen=True, slots=True)
class FixedLayout:
    """A format whose numbers all have all their digits: `places` says where each directive stands, in characters."""

    pattern: str
    width: int
    places: dict[str, slice]


@dataclass(frozen=True, slots=True)
class Format:
    """A compiled format: an anchored regular expression with one named group for each of its directives."""

    pattern: str
    directives: frozenset[str]
    months: Months
    fixed: FixedLayout | None


@lru_cache(maxsize=256)
def compile_format(notation: str, months: Months = ()) -> Format:
    """Compile a format.

    Raises: BadOption for a format with an unknown directive, or one that does not give a whole date.
    """
    text = notation
    for short, long in _SHORTCUTS.items():
        text = text.replace(short, long)
    names = months or LANGUAGES["en"].months
    pattern, directives, at = "", list[str](), 0
    for match in _DIRECTIVE.finditer(text):
        pattern += _literal(text[at : match.start()])
        beside_another = (match.start() == at and at > 0) or text[match.end() : match.end() + 1] == "%"
        pattern += _group(notation, match[1], names, strict=beside_another)
        directives += [match[1]] if match[1] != "%" else []
        at = match.end()
    _check_directives(notation, directives)
    return Format(f"^{pattern}{_literal(text[at:])}$", frozenset(directives), names, _fixed_layout(text))


def _fixed_layout(text: str) -> FixedLayout | None:
    """Return the fixed layout of a format that has numbers only and a year of four digits; None for other formats."""
    pattern, places, width, last = "", dict[str, slice](), 0, 0
    for match in _DIRECTIVE.finditer(text):
        size = _WIDTHS.get(match[1])
        before = text[last : match.start()]
        if size is None or not before.isascii():
            return None
        pattern += re.escape(before) + f"(?:{_STRICT[match[1]]})"
        width += len(before)
        places[match[1]] = slice(width, width + size)
        width, last = width + size, match.end()
    tail = text[last:]
    return FixedLayout(f"^{pattern}{re.escape(tail)}$", width + len(tail), places) if tail.isascii() else None


def _group(notation: str, directive: str, months: Months, *, strict: bool) -> str:
    """Return the regular expression of one directive."""
    if directive == "%":
        return "%"
    if directive == "b":
        names = sorted({name for month in months for name in month}, key=len, reverse=True)
        return rf"(?P<b>(?i:{'|'.join(map(_literal, names))}))\.?"
    piece = (_STRICT if strict else _LOOSE).get(directive)
    if piece is None:
        raise BadOption(
            "the format {format!r} has the unknown directive %{directive}", format=notation, directive=directive
        )
    return f"(?P<{directive}>{piece})"


def _literal(text: str) -> str:
    """Escape text for Rust's regular expressions; white space matches any white space."""
    return re.sub(r"\s+", r"\\s+", re.sub(r"([\\.+*?()|\[\]{}^$#&~-])", r"\\\1", text))


def _check_directives(notation: str, directives: list[str]) -> None:
    """Raise BadOption unless the format gives a whole date, each directive once, and a clear hour."""
    given = set(directives)
    has_date = "d" in given and len(given & {"Y", "y"}) == 1 and len(given & {"m", "b"}) == 1
    has_clear_hour = ("I" in given) == ("p" in given) and not {"H", "I"} <= given
    if len(given) != len(directives) or not has_date or not has_clear_hour:
        raise BadOption(
            "the format {format!r} does not give the year, the month and the day once each, with an unambiguous hour",
            format=notation,
        )
