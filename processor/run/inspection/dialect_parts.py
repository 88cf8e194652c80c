"""The dialect part by part: each with its value, how it was decided, and the alternatives where it is ambiguous."""

import re
from collections.abc import Iterable
from typing import Any

import polars as pl

from processor.model import Column, Job
from processor.run.inspection.beginning import Found
from processor.validate.date_order import AMBIGUOUS, contains_dates

PARTS = (
    "encoding",
    "delimiter",
    "quote",
    "escape",
    "comment",
    "line_end",
    "has_header",
    "skip_lines",
    "compression",
    "member",
)
# Options that say how texts are read; they are never detected.
READING = (
    "decimal",
    "thousands",
    "date_formats",
    "timestamp_formats",
    "null_values",
    "time_zone",
    "trim",
    "skip_footer",
    "skip_empty_rows",
    "strict_quotes",
    "skip_initial_space",
)
_NUMBERS = re.compile(
    r"\d{1,2}(?P<mark>[/. -])\d{1,2}(?P=mark)(?P<year>\d{4}|\d{2})(?P<time>[ T]\d{1,2}:\d{2}(?P<seconds>:\d{2})?)?"
)

Part = dict[str, Any]


def dialect_parts(found: Found, job: Job) -> dict[str, Part]:
    """Return the parts of the dialect and the given options of reading, by name."""
    parts: dict[str, Part] = {"locale": option_part("locale", job)}
    if found.beginning is not None:
        dialect = found.beginning.dialect
        for name in PARTS:
            parts[name] = {"value": getattr(dialect, name), "how": dialect.how.get(name, "found")}
        parts["encoding"]["confidence"] = dialect.confidence
    parts |= {name: option_part(name, job) for name in READING if name in job.options}
    for name, choices in found.choices.items():
        parts[name] = {**parts.get(name, {}), "value": choices[0], "how": "found", "alternatives": list(choices[1:])}
    return parts


def option_part(name: str, job: Job) -> Part:
    """Return the value of an option; one of the target counts as a default."""
    return {"value": job.options.get(name), "how": "given" if name in job.own_options else "default"}


def date_parts(ambiguous: Iterable[tuple[Column, str]]) -> dict[str, Part]:
    """Return the formats between which a person has to choose, for columns with a date that has two meanings.

    Each column comes with such a text of the file.
    """
    parts: dict[str, Part] = {}
    for column, text in ambiguous:
        match = _NUMBERS.search(text)
        if match is None:
            continue
        mark, year = match["mark"], "%Y" if len(match["year"]) == 4 else "%y"
        is_date = column.base == "date"
        clock = "" if is_date or not match["time"] else match["time"][0] + ("%H:%M:%S" if match["seconds"] else "%H:%M")
        orders = [f"%d{mark}%m{mark}{year}{clock}", f"%m{mark}%d{mark}{year}{clock}"]
        name = "date_formats" if is_date else "timestamp_formats"
        parts.setdefault(name, {"value": None, "how": "default", "alternatives": [[order] for order in orders]})
    return parts


def is_ambiguous_date(column: Column, message: str) -> bool:
    """Return whether this is the message of a rejection for the order of day and month."""
    return contains_dates(column) and message == AMBIGUOUS.format(column.name)


def text_at(texts: pl.DataFrame, row: int, place: int) -> str:
    """Return the text of a field, by the number of the row and of the field; empty where there is none."""
    return texts.get_column(str(place))[row] or "" if place >= 0 else ""
