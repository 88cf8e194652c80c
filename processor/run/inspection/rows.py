"""The first rows of the file as the target would get them."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from processor.model import Plan
from processor.run.inspection.fields import Records

ROWS = 20
# As much of a long text as the preview of an import shows.
CHARACTERS = 300

# Returns the texts of columns, each given with its type, as that type spells them.
Typed = Callable[[Sequence[tuple[str, list[str | None]]]], list[list[str | None]]]


def first_rows(found: Records, plan: Plan, typed: Typed) -> list[dict[str, Any]]:
    """Return the first rows: line, values by column, the columns whose value is not the text of the file, and errors.

    A row that would be rejected has the texts of the file.
    """
    places = np.flatnonzero(~found.chunk.blank)[:ROWS].tolist()
    good = typed_rows(found, plan, places, typed)
    raw = {int(record): place for place, record in enumerate(found.texts.index[: len(places)].tolist())}
    rows: list[dict[str, Any]] = []
    for record in places:
        texts = raw_texts(found, plan, raw.get(record))
        values = good.get(record, texts)
        rows.append(
            {
                "line": int(found.chunk.lines[record]),
                "values": {name: value and value[:CHARACTERS] for name, value in values.items()},
                "changed": [name for name, value in values.items() if value != texts.get(name)],
                "errors": errors_of(found, record),
            }
        )
    return rows


def typed_rows(found: Records, plan: Plan, places: Sequence[int], typed: Typed) -> dict[int, dict[str, str | None]]:
    """Return the values of the rows that would be loaded, by their record."""
    records = [record for record in found.rows.index[: len(places)].tolist() if record in set(places)]
    if not records:
        return {}
    names = [field.column.name for field in plan.fields]
    first = found.rows.frame.head(len(records))
    columns = typed([(field.column.type, first.get_column(field.column.name).to_list()) for field in plan.fields])
    return {
        int(record): {name: values[row] for name, values in zip(names, columns, strict=True)}
        for row, record in enumerate(records)
    }


def raw_texts(found: Records, plan: Plan, row: int | None) -> dict[str, str | None]:
    """Return the texts of a record by column; empty for one that has not the fields of the header."""
    if row is None:
        return {}
    frame = found.texts.frame
    return {
        field.column.name: frame.get_column(str(field.index))[row] if field.index >= 0 else None
        for field in plan.fields
    }


def errors_of(found: Records, record: int) -> list[dict[str, Any]]:
    """Return why a record would be rejected."""
    rejections = found.rejections
    numbers: list[int] = rejections.reason_of[rejections.records == record].tolist()
    reasons = [rejections.reasons[number] for number in numbers]
    return [{"column": reason.column, "code": reason.code, "message": str(reason.message)} for reason in reasons]
