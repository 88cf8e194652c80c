"""Make the plan: the job's options take precedence over a column's settings, those over the target's defaults."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, cast

from processor import validate
from processor.model import Column, Job, KnownColumns, Plan, Reading, Target
from processor.run.artifacts.formulas import MARKERS, added_headers, is_errors_file
from processor.run.opened_file import Beginning

#: The name of the dates that Postgres reads in any session: 2026-12-31.
ISO = "iso"
#: The most columns that Postgres allows in a table; a mapping may name fields beyond.
MOST_FIELDS = 1600


def plan_for(job: Job, target: Target, beginning: Beginning, refuse: validate.Refuse = validate.refuse) -> Plan:
    """Match the file's fields with the target's columns, and decide how the texts of each column are read.

    `refuse` gets each error of the match; if it returns, the plan is what can be matched.
    Raises: NoMatchingColumn, MissingColumn, DuplicateHeader, UnknownColumn, AmbiguousDialect, BadOption.
    """
    dialect, header = beginning.dialect, beginning.header
    readings = {
        column.name: validate.make_reading(job.own_options, settings_of(target, column.name), target.options)
        for column in target.columns
    }
    if dialect.is_sheet or is_errors_file(header):
        readings = {name: with_cells(reading) for name, reading in readings.items()}
    if beginning.errors:
        readings = {name: with_errors(reading, beginning.errors) for name, reading in readings.items()}
    if target.mode == "none":  # no table, so no defaults
        readings = {name: replace(reading, empty_as="null") for name, reading in readings.items()}
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
        refuse=refuse,
    )


def known_columns(job: Job) -> KnownColumns | None:
    """Return what the job and its target say about the columns of the file; None without a target."""
    if job.target is None:
        return None
    columns, mapping = job.target.columns, job.options.get("mapping", {})
    matcher = validate.Matcher([column.name for column in columns], aliases_of(job.target))
    by_number = {int(key): column for key, column in mapping.items() if key.strip().isdecimal()}
    keys = {validate.fold(key) for key in mapping if not key.strip().isdecimal()} | set(MARKERS)

    formula_text = bool(job.options.get("formula_text"))

    def name_of(header: str, closely: bool) -> str | None:
        header = validate.header_text(header) if formula_text else header
        key = validate.fold(header)
        if key in keys:
            return key
        match = matcher.match(header, closely=closely)
        return min(match.columns) if match else None

    named = {column.name: column for column in columns}
    if job.options.get("has_header") is True or not by_number:
        return KnownColumns(name_of=name_of, by_place=columns, markers=frozenset(MARKERS))
    places = tuple(named.get(by_number.get(place + 1) or "") for place in range(min(max(by_number), MOST_FIELDS)))
    return KnownColumns(name_of=name_of, by_place=places, any_width=True, markers=frozenset(MARKERS))


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


def with_cells(reading: Reading) -> Reading:
    """Return the reading of a column that also accepts a workbook's own dates and booleans, as their cells are written.

    Rejected rows of a workbook are corrected in an errors.csv.
    """
    if reading.date_formats and ISO not in reading.date_formats:
        reading = replace(reading, date_formats=(*reading.date_formats, ISO))
    if reading.timestamp_formats and ISO not in reading.timestamp_formats:
        reading = replace(reading, timestamp_formats=(*reading.timestamp_formats, ISO))
    if not reading.true_values and not reading.false_values:
        return reading
    taken = {word.lower() for word in (*reading.true_values, *reading.false_values)}
    return replace(
        reading,
        true_values=(*reading.true_values, *{"true"} - taken),
        false_values=(*reading.false_values, *{"false"} - taken),
    )


def with_errors(reading: Reading, errors: tuple[str, ...]) -> Reading:
    """Return the reading of a column that rejects the error values of a sheet.

    Where a missing value is null in one language of spreadsheets, it is in all: the file says `#N/A` in each of them.
    """
    is_null = not set(validate.MISSING).isdisjoint(reading.null_values)
    nulls = tuple(dict.fromkeys((*reading.null_values, *validate.MISSING))) if is_null else reading.null_values
    return replace(reading, null_values=nulls, cell_errors=errors)


def shared_null_values(readings: Mapping[str, Reading]) -> tuple[str, ...]:
    """Return the null values that all columns share, which the parser replaces at no cost.

    The result is empty where columns differ, where white space or formulas must be taken off first, or where an empty
    field is something else than such a value.
    """
    shared = {reading.null_values for reading in readings.values()}
    if len(shared) != 1 or any(
        reading.trim or reading.formula_text or reading.empty_as == "default" for reading in readings.values()
    ):
        return ()
    return shared.pop()
