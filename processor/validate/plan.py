"""The plan of a job: which field of the file goes into which column of the target."""

from collections.abc import Mapping, Sequence
from typing import Final, Literal

from processor.errors import BadOption, DuplicateHeader, MissingColumn, NoMatchingColumn, UnknownColumn
from processor.model import Column, Field, Plan, Reading
from processor.validate.headers import Matcher, folded, listed, nearest, shown, trimmed

Unknown = Literal["ignore", "error"]
#: The place of a field that is not in the file: its column gets the default of the target in each row.
ABSENT: Final = -1


def make_plan(
    header: Sequence[str],
    columns: Sequence[Column],
    *,
    has_header: bool = True,
    aliases: Mapping[str, str] | None = None,
    mapping: Mapping[str, str | None] | None = None,
    unknown_columns: Unknown = "ignore",
    null_values: Sequence[str] = (),
    readings: Mapping[str, Reading] | None = None,
) -> Plan:
    """Lead the fields of a file to the columns of its target.

    `header` is the file's first record, also where `has_header` is false: then fields go to `columns` by position, and
    a mapping's keys are field numbers counted from 1. `mapping` (header → column, None: leave out) wins over names;
    `aliases` lead from other names to columns; `readings` say by column how its texts are read. Raise NoMatchingColumn,
    MissingColumn, DuplicateHeader, UnknownColumn, AmbiguousDialect or BadOption.
    """
    names = list(header) if has_header else [str(place + 1) for place in range(len(header))]
    given = _mapped(names, columns, mapping or {})
    ways = dict.fromkeys(given, "mapping")
    if has_header:
        found = _by_name(names, columns, aliases or {}, given, ways)
    else:
        found = given or {place: column.name for place, column in enumerate(columns[: len(names)])}
    _refuse_duplicates(names, found)
    by_name = {column.name: column for column in columns}
    how = readings or {}
    fields = tuple(
        Field(index=place, header=names[place], column=by_name[name], reading=how.get(name, Reading()), how=ways.get(place, "position"))
        for place, name in sorted(found.items())
        if name is not None
    )
    absent = tuple(
        Field(index=ABSENT, header="", column=column, reading=how[column.name])
        for column in columns
        if column.name in how and how[column.name].default is not None and column.name not in found.values()
    )
    ignored = tuple(place for place in range(len(names)) if found.get(place) is None)
    _refuse_unmatched(names, columns, fields, ignored)
    strangers = [place for place in ignored if place not in given]
    if unknown_columns == "error" and strangers:
        raise UnknownColumn(f"the target has no column for {_places(names, strangers)}")
    return Plan(len(names), fields + absent, tuple(_label(names, place) for place in ignored), tuple(null_values))


def _mapped(
    names: Sequence[str], columns: Sequence[Column], mapping: Mapping[str, str | None]
) -> dict[int, str | None]:
    """Resolve the job's own mapping to field places; a header or column that is not there is the job's error."""
    known = {column.name for column in columns}
    found: dict[int, str | None] = {}
    for header, column in mapping.items():
        if column is not None and column not in known:
            raise BadOption(f"options.mapping leads to {column!r}, which is not a column of the target")
        exact = [place for place, name in enumerate(names) if trimmed(name) == trimmed(header)]
        places = exact or [place for place, name in enumerate(names) if folded(name) == folded(header)]
        if not places:
            raise BadOption(f"options.mapping names the header {header!r}, which the file does not have")
        found.update(dict.fromkeys(places, column))
    return found


def _by_name(
    names: Sequence[str],
    columns: Sequence[Column],
    aliases: Mapping[str, str],
    given: Mapping[int, str | None],
    ways: dict[int, str],
) -> dict[int, str | None]:
    """Lead the other headers to columns of their names; how goes into `ways`."""
    matcher = Matcher([column.name for column in columns], aliases)
    taken = set(given.values())
    found = dict(given)
    for place, name in enumerate(names):
        if place not in given:
            column, ways[place] = matcher.column(name) or (None, "")
            found[place] = None if column in taken else column
    return found


def _refuse_duplicates(names: Sequence[str], found: Mapping[int, str | None]) -> None:
    first: dict[str, int] = {}
    for place, column in sorted(found.items()):
        if column is None:
            continue
        if column in first:
            both = f"{shown(names[first[column]], first[column])} (field {first[column] + 1}) and "
            both += f"{shown(names[place], place)} (field {place + 1})"
            raise DuplicateHeader(f"the headers {both} lead to the same column {column}")
        first[column] = place


def _refuse_unmatched(
    names: Sequence[str], columns: Sequence[Column], fields: Sequence[Field], ignored: Sequence[int]
) -> None:
    """Raise when no header matches at all, or when a column that the target needs is not in the file."""
    free = [names[place] for place in ignored if shown(names[place], place).startswith("'")]
    if not fields:
        all_columns = listed([column.name for column in columns])
        near = _suggestion([column.name for column in columns], free)
        raise NoMatchingColumn(
            f"none of the file's headers ({_places(names, ignored)}) is a column of the target ({all_columns}){near}"
        )
    loaded = {field.column.name for field in fields}
    missing = [column.name for column in columns if column.required and column.name not in loaded]
    if missing:
        near = _suggestion(missing, free)
        raise MissingColumn(f"the target needs what the file does not have: {listed(missing)}{near}")


def _suggestion(wanted: Sequence[str], free: Sequence[str]) -> str:
    pairs = [(nearest(name, free), name) for name in wanted]
    near = [f"'{trimmed(header)}' may be meant for {name}" for header, name in pairs if header is not None]
    return f"; {listed(near, 3)}" if near else ""


def _places(names: Sequence[str], places: Sequence[int]) -> str:
    return listed([shown(names[place], place) for place in places])


def _label(names: Sequence[str], place: int) -> str:
    return trimmed(names[place]) or f"field {place + 1}"
