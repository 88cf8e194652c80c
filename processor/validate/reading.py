"""Make the Reading of a column from the settings of the job, the target's column and the target."""

from collections.abc import Mapping
from typing import Final

from processor.errors import BadOption
from processor.model import Reading
from processor.validate.locales import LOCALES, preset
from processor.validate.numbered_days import NUMBERED
from processor.validate.settings import check_setting, is_setting
from processor.validate.strptime import ISO, compile_format

Settings = Mapping[str, object]

#: Settings that only a preset has.
_OF_PRESETS: Final = ("indian", "months")


def make_reading(*layers: Settings) -> Reading:
    """Merge layers of settings, the strongest first (job, target's column, target), into the reading of one column.

    The settings have the names of the job's options, or are `case`, `normalise` or `default` of a target's column;
    other names are ignored. A `locale` stands for the settings of its preset, which other settings of the same layer
    or of a stronger one override. Raises: BadOption.
    """
    merged: dict[str, object] = {}
    for layer in reversed(layers):
        stronger = _with_preset(layer)
        if "thousands" not in stronger and stronger.get("decimal") == merged.get("thousands"):
            merged["thousands"] = None
        merged |= stronger
    checked = {
        name: check_setting(name, value) for name, value in merged.items() if is_setting(name) and value is not None
    }
    reading = Reading(**checked, **{name: merged[name] for name in _OF_PRESETS if name in merged})  # type: ignore[arg-type]
    _check_consistency(reading)
    return reading


def _with_preset(layer: Settings) -> dict[str, object]:
    """Replace the `locale` of a layer by the settings of its preset."""
    settings = dict(layer)
    name = settings.pop("locale", None)
    if "normalise" in settings:
        settings["normaliser"] = settings.pop("normalise")
    if name is None:
        return settings
    of_locale = preset(name) if isinstance(name, str) else None
    if of_locale is None:
        raise BadOption("locale is not one of {choices}", choices=", ".join(sorted(LOCALES)))
    if "thousands" not in settings and settings.get("decimal") == of_locale["thousands"]:
        of_locale["thousands"] = None
    return of_locale | settings


def _check_consistency(reading: Reading) -> None:
    """Raise BadOption for settings that contradict each other, and for date formats that cannot be compiled."""
    if reading.decimal == reading.thousands:
        raise BadOption("decimal and thousands are the same mark")
    both = {word.lower() for word in reading.true_values} & {word.lower() for word in reading.false_values}
    if both:
        raise BadOption("true_values and false_values have a word in common")
    for notation in (*reading.date_formats, *reading.timestamp_formats):
        if notation != ISO and notation not in NUMBERED:
            compile_format(notation, reading.months)
