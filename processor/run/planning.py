"""Make the plan: the job's options take precedence over a column's settings, those over the target's defaults."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, cast

from processor import validate
from processor.model import Column, Dialect, Job, Plan, Reading, Target
from processor.run.artifacts.formulas import added_headers, is_errors_file


def plan_for(job: Job, target: Target, dialect: Dialect, header: list[str]) -> Plan:
    """Match the file's fields with the target's columns, and decide how the texts of each column are read.

    Raises: NoMatchingColumn, MissingColumn, DuplicateHeader, UnknownColumn, AmbiguousDialect, BadOption.
    """
    readings = {
        column.name: validate.make_reading(job.own_options, settings_of(target, column.name), target.options)
        for column in target.columns
    }
    shared = shared_null_values(readings)
    if shared:
        readings = {name: replace(reading, null_values=()) for name, reading in readings.items()}
    return validate.make_plan(
        header,
        [with_settings(column, settings_of(target, column.name)) for column in target.columns],
        has_header=dialect.has_header,
        aliases=aliases_of(target),
        mapping=mapping_of(job, header),
        unknown_columns=job.options.get("unknown_columns", "ignore"),
        null_values=shared,
        readings=readings,
    )


def mapping_of(job: Job, header: list[str]) -> dict[str, str | None]:
    """Return the job's mapping; an errors.csv has more columns than the source, and names where that had none."""
    given: dict[str, str | None] = job.options.get("mapping", {})
    if not is_errors_file(header):
        return given
    by_position = job.options.get("has_header") is False
    return dict.fromkeys(added_headers(header)) | ({} if by_position else given)


def with_settings(column: Column, settings: Mapping[str, Any]) -> Column:
    """Return the column as the target's settings change it: `required` makes it so, a `default` replaces nulls."""
    if settings.get("default") is not None:
        return replace(column, required=False)
    required = settings.get("required") is True
    return replace(column, required=column.required or required, not_null=column.not_null or required)


def settings_of(target: Target, column: str) -> Mapping[str, Any]:
    """Return the target's settings for a column."""
    settings = target.settings.get(column)
    return cast(Mapping[str, Any], settings) if isinstance(settings, dict) else {}


def aliases_of(target: Target) -> dict[str, str]:
    """Return the other names of the target's columns: alias → column."""
    return {
        str(alias): column.name
        for column in target.columns
        for alias in settings_of(target, column.name).get("aliases", ())
    }


def shared_null_values(readings: Mapping[str, Reading]) -> tuple[str, ...]:
    """Return the null values that all columns share, which the parser replaces at no cost.

    The result is empty where columns differ, or where white space must be trimmed first.
    """
    shared = {reading.null_values for reading in readings.values()}
    if len(shared) != 1 or any(reading.trim for reading in readings.values()):
        return ()
    return shared.pop()
