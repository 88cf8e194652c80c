"""From options and settings to the plan: the job wins over the target's column, that over the target's defaults."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, cast

from processor import validate
from processor.model import Column, Dialect, Job, Plan, Reading, Target
from processor.run.artifacts.formulas import is_guarded, left_out


def plan_for(job: Job, target: Target, found: Dialect, header: list[str]) -> Plan:
    """Lead the file's fields to the target's columns, and say for each how its texts are read.

    Raises: NoMatchingColumn, MissingColumn, DuplicateHeader, UnknownColumn, AmbiguousDialect, BadOption.
    """
    readings = {
        column.name: validate.make_reading(job.wishes, settings_of(target, column.name), target.options)
        for column in target.columns
    }
    shared = shared_nulls(readings)
    if shared:
        readings = {name: replace(reading, null_values=()) for name, reading in readings.items()}
    return validate.make_plan(
        header,
        [demanded(column, settings_of(target, column.name)) for column in target.columns],
        has_header=found.has_header,
        aliases=aliases_of(target),
        mapping=mapping_of(job, header),
        unknown_columns=job.options.get("unknown_columns", "ignore"),
        null_values=shared,
        readings=readings,
    )


def mapping_of(job: Job, header: list[str]) -> dict[str, str | None]:
    """Return the job's own mapping; an errors.csv has columns besides, and names where the file had numbers only."""
    given: dict[str, str | None] = job.options.get("mapping", {})
    if not is_guarded(header):
        return given
    numbered = job.options.get("has_header") is False
    return dict.fromkeys(left_out(header)) | ({} if numbered else given)


def demanded(column: Column, settings: Mapping[str, Any]) -> Column:
    """Return the column as the target's settings want it: `required` by them too, or null never with a `default`."""
    if settings.get("default") is not None:
        return replace(column, required=False)
    needed = settings.get("required") is True
    return replace(column, required=column.required or needed, not_null=column.not_null or needed)


def settings_of(target: Target, column: str) -> Mapping[str, Any]:
    """Return a column's own settings."""
    found = target.settings.get(column)
    return cast(Mapping[str, Any], found) if isinstance(found, dict) else {}


def aliases_of(target: Target) -> dict[str, str]:
    """Return the other names by which the target knows its columns: alias → column."""
    return {
        str(alias): column.name
        for column in target.columns
        for alias in settings_of(target, column.name).get("aliases", ())
    }


def shared_nulls(readings: Mapping[str, Reading]) -> tuple[str, ...]:
    """Return the null markers that all columns have in common, which the parser can take out at no cost.

    None where columns differ, or where white space must be trimmed first.
    """
    markers = {reading.null_values for reading in readings.values()}
    if len(markers) != 1 or any(reading.trim for reading in readings.values()):
        return ()
    return markers.pop()
