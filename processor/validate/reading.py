"""Settings become a Reading: the job's wishes over the target's over the defaults, with presets unfolded."""

from collections.abc import Callable, Mapping
from typing import Any, Final, cast
from zoneinfo import ZoneInfo

import polars as pl

from processor.errors import BadOption
from processor.model import Normaliser, Reading
from processor.validate.formats import ISO, compiled
from processor.validate.locales import LOCALES, preset
from processor.validate.normalise import NORMALISERS

Settings = Mapping[str, object]

#: Settings that a preset brings along without being options of their own.
_OF_PRESETS: Final = ("indian", "months")


def make_reading(*layers: Settings) -> Reading:
    """TransferStatements settings, the strongest first, into how one column is read: (job, target's column, target).

    Names are those of the job's options, and `case`, `normalise` and `default` of a target's column; others are left
    alone. A `locale` stands for its preset, which settings of the same or a stronger layer override. Raise BadOption.
    """
    merged: dict[str, object] = {}
    for layer in reversed(layers):
        stronger = _unfolded(layer)
        if "thousands" not in stronger and stronger.get("decimal") == merged.get("thousands"):
            merged["thousands"] = None
        merged |= stronger
    known = {
        name: _CHECKS[name](name, value) for name, value in merged.items() if name in _CHECKS and value is not None
    }
    reading = Reading(**known, **{name: merged[name] for name in _OF_PRESETS if name in merged})  # type: ignore[arg-type]
    _refuse_contradictions(reading)
    return reading


def _unfolded(layer: Settings) -> dict[str, object]:
    settings = dict(layer)
    name = settings.pop("locale", None)
    if "normalise" in settings:
        settings["normaliser"] = settings.pop("normalise")
    if name is None:
        return settings
    found = preset(name) if isinstance(name, str) else None
    if found is None:
        raise BadOption(f"locale is not one of {', '.join(sorted(LOCALES))}")
    if "thousands" not in settings and settings.get("decimal") == found["thousands"]:
        found["thousands"] = None
    return found | settings


def _refuse_contradictions(reading: Reading) -> None:
    if reading.decimal == reading.thousands:
        raise BadOption("decimal and thousands are the same mark")
    both = {word.lower() for word in reading.true_values} & {word.lower() for word in reading.false_values}
    if both:
        raise BadOption("true_values and false_values have a word in common")
    for notation in (*reading.date_formats, *reading.timestamp_formats):
        if notation != ISO:
            compiled(notation, reading.months)


def _mark(name: str, value: object) -> str:
    if not isinstance(value, str) or len(value) != 1 or value.isalnum() or value in '+-"\\':
        raise BadOption(f"{name} is not one mark such as '.' or ','")
    return value


def _texts(name: str, value: object) -> tuple[str, ...]:
    items = cast("list[object]", value) if isinstance(value, list | tuple) else [None]
    if not all(isinstance(item, str) for item in items):
        raise BadOption(f"{name} is not a list of texts")
    return tuple(cast("list[str]", items))


def _text(name: str, value: object) -> str:
    if not isinstance(value, str):
        raise BadOption(f"{name} is not a text")
    return value


def _flag(name: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise BadOption(f"{name} is neither true nor false")
    return value


def _case(name: str, value: object) -> str:
    if value not in ("lower", "upper"):
        raise BadOption(f"{name} is neither 'lower' nor 'upper'")
    return str(value)


def _time_zone(name: str, value: object) -> str:
    try:
        return ZoneInfo(str(value)).key
    except (OSError, ValueError):  # ZoneInfoNotFoundError is a KeyError
        raise BadOption(f"{name} is not a time zone such as 'America/Sao_Paulo'") from None
    except KeyError:
        raise BadOption(f"{name} is not a time zone such as 'America/Sao_Paulo'") from None


def _normaliser(name: str, value: object) -> Normaliser:
    settings = cast("Mapping[str, Any]", value) if isinstance(value, Mapping) else {"name": value}
    chosen = str(settings.get("name"))
    strange = set(settings) - set(Normaliser.__slots__)
    if (
        chosen not in NORMALISERS
        or strange
        or not all(item is None or isinstance(item, str) for item in settings.values())
    ):
        raise BadOption(
            f"normalise is not one of {', '.join(sorted(NORMALISERS))}, or has a setting that is not understood"
        )
    normaliser = Normaliser(**settings)
    if chosen == "regex":
        _refuse_pattern(normaliser.pattern)
    return normaliser


def _refuse_pattern(pattern: str | None) -> None:
    try:
        usable = bool(pattern) and pl.select(pl.lit("").str.contains(f"^(?:{pattern})$")).height == 1
    except pl.exceptions.PolarsError:
        usable = False
    if not usable:
        raise BadOption("normalise: the pattern is not a regular expression without look-around and back-references")


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
}
