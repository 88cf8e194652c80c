"""The result of an inspection, as report.inspection shows it. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from processor.errors import JobError
from processor.model import Column, Job, Plan, Rejections
from processor.run.inspection.beginning import Found
from processor.run.inspection.dialect_parts import date_parts, dialect_parts, is_ambiguous_date, text_at
from processor.run.inspection.fields import Records, filled_share, first_texts
from processor.run.inspection.problems import all_problems
from processor.run.inspection.rows import CHARACTERS
from processor.run.planning import settings_of, with_settings

SAMPLES = 3
# The words of `Field.how` for a header that is the name of its column.
NAMES = ("exact", "folded")


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspected:
    """What an inspection has found out; `size` is that of the file in Storage, or of a sheet's text."""

    job: Job
    found: Found
    plan: Plan
    records: Records | None
    size: int
    errors: tuple[JobError, ...]
    remembered: dict[str, Any] | None
    rows: list[dict[str, Any]]


def describe(inspected: Inspected) -> dict[str, Any]:
    """Return the result: dialect, headers, missing_columns, problems, remembered, records and rows."""
    parts = dialect_parts(inspected.found, inspected.job) | date_parts(ambiguous_dates(inspected))
    rejections = inspected.records.rejections if inspected.records else Rejections()
    return {
        "dialect": parts,
        "headers": headers(inspected),
        "missing_columns": missing_columns(inspected),
        "problems": all_problems(inspected.errors, rejections),
        "remembered": remembered(inspected, parts),
        "records": counts(inspected),
        "rows": inspected.rows,
    }


def headers(inspected: Inspected) -> list[dict[str, Any]]:
    """Return each field of the file: header (null without one), samples, share filled, column, and how it got that."""
    beginning, texts = inspected.found.beginning, inspected.records.texts.frame if inspected.records else None
    if beginning is None:
        return []
    columns = {field.index: (field.column.name, field.how) for field in inspected.plan.fields}
    described: list[dict[str, Any]] = []
    for place, header in enumerate(beginning.header):
        column, how = columns.get(place, (None, None))
        series = None if texts is None else texts.get_column(str(place))
        described.append(
            {
                "header": header.strip() if beginning.dialect.has_header else None,
                "field": place + 1,
                "samples": [] if series is None else [text[:CHARACTERS] for text in first_texts(series, SAMPLES)],
                "filled": None if series is None else filled_share(series),
                "column": column,
                "how": "name" if how in NAMES else how,
            }
        )
    return described


def missing_columns(inspected: Inspected) -> list[str]:
    """Return the columns that the target requires and that no field of the file goes into."""
    target = inspected.job.target
    filled = {field.column.name for field in inspected.plan.fields}
    columns = target.columns if target else ()
    required = [
        column for column in columns if target and with_settings(column, settings_of(target, column.name)).required
    ]
    return [column.name for column in required if column.name not in filled]


def remembered(inspected: Inspected, parts: dict[str, dict[str, Any]]) -> dict[str, Any] | None:
    """Return what was used for these headers before, and the options that an import needs to use it again."""
    known = inspected.remembered
    if known is None:
        return None
    options: dict[str, Any] = {"mapping": known["mapping"]} if known["mapping"] else {}
    for name, value in known["dialect"].items():
        found = parts.get(name, {"value": value})["value"]
        if ("" if found is None else found) != value:
            options[name] = value
    if known["locale"] and known["locale"] != parts["locale"]["value"]:
        options["locale"] = known["locale"]
    return known | {"options": options}


def counts(inspected: Inspected) -> dict[str, Any]:
    """Return how many records were read and would be rejected, and how many the file may have (null: unknown)."""
    found, beginning = inspected.records, inspected.found.beginning
    if found is None or beginning is None:
        return {"read": 0, "rejected": 0, "whole_file": False, "estimated": None}
    read = int((~found.chunk.blank).sum())
    estimated = read if found.whole else None
    length = found.chunk.next.offset - found.chunk.position.offset
    if estimated is None and beginning.dialect.is_plain and length:
        estimated = round(read * (inspected.size - found.chunk.position.offset) / length)
    return {
        "read": read,
        "rejected": len(found.rejections.distinct()),
        "whole_file": found.whole,
        "estimated": estimated,
    }


def ambiguous_dates(inspected: Inspected) -> Iterator[tuple[Column, str]]:
    """Yield the columns that are rejected for the order of day and month, each with a text of the file."""
    found = inspected.records
    if found is None:
        return
    fields = {field.column.name: field for field in inspected.plan.fields}
    place_of = {int(record): place for place, record in enumerate(found.texts.index.tolist())}
    for record, reason in found.rejections.cells():
        field = fields.get(reason.column or "")
        if field is not None and record in place_of and is_ambiguous_date(field.column, reason.message):
            yield field.column, text_at(found.texts.frame, place_of[record], field.index)
