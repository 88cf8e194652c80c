"""Check the settings of which a Reading is made: each has a type, and some have a list of values."""

from collections.abc import Callable, Mapping
from typing import Any, Final, cast
from zoneinfo import ZoneInfo

import polars as pl

from processor.errors import BadOption
from processor.model import Normaliser
from processor.validate.normalise import NORMALISERS


def is_setting(name: str) -> bool:
    """Return whether a Reading has a setting of this name."""
    return name in _CHECKS


def check_setting(name: str, value: object) -> object:
    """Return the value of a setting as a Reading holds it. Raises: BadOption for a value that it cannot have."""
    return _CHECKS[name](name, value)


def _mark(name: str, value: object) -> str:
    if not isinstance(value, str) or len(value) != 1 or value.isalnum() or value in '+-"\\':
        raise BadOption("{option} is not a single mark such as '.' or ','", option=name)
    return value


def _texts(name: str, value: object) -> tuple[str, ...]:
    items = cast("list[object]", value) if isinstance(value, list | tuple) else [None]
    if not all(isinstance(item, str) for item in items):
        raise BadOption("{option} is not an array of texts", option=name)
    return tuple(cast("list[str]", items))


def _text(name: str, value: object) -> str:
    if not isinstance(value, str):
        raise BadOption("{option} is not a text", option=name)
    return value


def _flag(name: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise BadOption("{option} is neither true nor false", option=name)
    return value


def _case(name: str, value: object) -> str:
    if value not in ("lower", "upper"):
        raise BadOption("{option} is neither 'lower' nor 'upper'", option=name)
    return str(value)


def _empty_as(name: str, value: object) -> str:
    if value not in ("null", "default"):
        raise BadOption("{option} is neither 'null' nor 'default'", option=name)
    return str(value)


def _time_zone(name: str, value: object) -> str:
    try:
        return ZoneInfo(str(value)).key
    except (OSError, ValueError, KeyError):  # ZoneInfoNotFoundError is a KeyError
        raise BadOption("{option} is not a time zone such as 'America/Sao_Paulo'", option=name) from None


def _normaliser(name: str, value: object) -> Normaliser:
    settings = cast("Mapping[str, Any]", value) if isinstance(value, Mapping) else {"name": value}
    chosen = str(settings.get("name"))
    if chosen not in NORMALISERS:
        raise BadOption("normalise is not one of {choices}", choices=", ".join(sorted(NORMALISERS)))
    if set(settings) - set(Normaliser.__slots__):
        raise BadOption("normalise has a setting that is not one of {choices}", choices=", ".join(Normaliser.__slots__))
    if not all(setting is None or isinstance(setting, str) for setting in settings.values()):
        raise BadOption("normalise has a setting that is not a text")
    normaliser = Normaliser(**settings)
    if chosen == "regex":
        _check_pattern(normaliser.pattern)
    return normaliser


def _check_pattern(pattern: str | None) -> None:
    try:
        is_valid = bool(pattern) and pl.select(pl.lit("").str.contains(f"^(?:{pattern})$")).height == 1
    except pl.exceptions.PolarsError:
        is_valid = False
    if not is_valid:
        raise BadOption("normalise: pattern is not a regular expression without look-around and back-references")


_CHECKS: Final[dict[str, Callable[[str, object], object]]] = {
    "null_values": _texts,
    "trim": _flag,
    "decimal": _mark,
    "thousands": _mark,
    "date_formats": _texts,
    "timestamp_formats": _texts,
    "true_values": _texts,
    "false_values": _texts,
    "case": _case,
    "time_zone": _time_zone,
    "normaliser": _normaliser,
    "default": _text,
    "formula_text": _flag,
    "empty_as": _empty_as,
}
