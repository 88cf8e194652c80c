"""Make the plan of a job: which field of the file goes into which column of the target."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final, Literal

from processor.errors import (
    AmbiguousDialect,
    BadOption,
    DuplicateHeader,
    JobError,
    MissingColumn,
    NoMatchingColumn,
    UnknownColumn,
)
from processor.model import Column, Field, Plan, Reading
from processor.validate.headers import Matcher, closest, describe, fold, is_like_a_name, join_names, trim

Unknown = Literal["ignore", "error"]
#: The place of a field that the file does not have: its column gets the target's default in each row.
ABSENT: Final = -1
#: For the place of a field, the name of its column (None: the mapping leaves the field out) and how it was found.
Matches = dict[int, tuple[str | None, str]]
#: Called for each reason why a file cannot be imported in this way; what it does not raise is passed over.
Refuse = Callable[[JobError], None]


def refuse(error: JobError) -> None:
    """Raise the error."""
    raise error


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
    refuse: Refuse = refuse,
) -> Plan:
    """Match the fields of a file with the columns of its target.

    `header` is the first record of the file. When `has_header` is false, its fields go to `columns` by position, and
    the keys of `mapping` are field numbers counted from 1. `mapping` (header → column, None: leave the field out) takes
    precedence over names; `aliases` are other names of columns; `readings` say for a column how its texts are read.
    `refuse` gets each error; if it returns, the field that is at fault is left out, and the plan is what remains.
    Raises: NoMatchingColumn, MissingColumn, DuplicateHeader, UnknownColumn, AmbiguousDialect, BadOption.
    """
    if not has_header and not mapping:
        header = _without_surplus(header, len(columns))
    names = list(header) if has_header else [str(place + 1) for place in range(len(header))]
    mapped = _match_by_mapping(names, columns, mapping or {}, refuse)
    if has_header:
        matches = _match_by_name(names, columns, aliases or {}, mapped, refuse)
    else:
        matches = mapped or _match_by_position(names, columns, refuse)
    _check_duplicates(names, matches, refuse)
    fields = _fields(names, columns, matches, readings or {})
    ignored = [place for place in range(len(names)) if matches.get(place, (None, ""))[0] is None]
    _check_columns(names, columns, fields, ignored, refuse)
    unknown = [place for place in ignored if place not in mapped]
    if unknown_columns == "error" and unknown:
        refuse(UnknownColumn("the target has no column for {headers}", headers=_describe_all(names, unknown)))
    labels = tuple(trim(names[place]) or f"field {place + 1}" for place in ignored)
    return Plan(len(names), fields + _absent(columns, matches, readings or {}), labels, tuple(null_values))


def _without_surplus(record: Sequence[str], width: int) -> Sequence[str]:
    """Return a record without the empty fields beyond `width`."""
    return record if any(record[width:]) else record[:width]


def _match_by_mapping(
    names: Sequence[str], columns: Sequence[Column], mapping: Mapping[str, str | None], refuse: Refuse
) -> Matches:
    """Match fields by the job's own mapping.

    Raises: BadOption for a header that the file does not have, or a column that the target does not have.
    """
    known = {column.name for column in columns}
    matches: Matches = {}
    for header, column in mapping.items():
        if column is not None and column not in known:
            refuse(BadOption("options.mapping names {column!r}, which is not a column of the target", column=column))
            continue
        exact = [place for place, name in enumerate(names) if trim(name) == trim(header)]
        places = exact or [place for place, name in enumerate(names) if fold(name) == fold(header)]
        if not places:
            refuse(
                BadOption("options.mapping names the header {header!r}, which the file does not have", header=header)
            )
        matches.update(dict.fromkeys(places, (column, "mapping")))
    return matches


def _match_by_name(
    names: Sequence[str], columns: Sequence[Column], aliases: Mapping[str, str], mapped: Matches, refuse: Refuse
) -> Matches:
    """Match the fields that are not mapped by their headers, except with columns that are mapped.

    The header that matches a column most closely takes it, and looser ones are left out. Equally close ones all stay.
    Raises: AmbiguousDialect for a header that means two columns equally well.
    """
    matcher = Matcher([column.name for column in columns], aliases)
    found = {place: matcher.match(name) for place, name in enumerate(names) if place not in mapped}
    levels = {column: -1 for column, _ in mapped.values() if column is not None}
    for match in found.values():
        if match and len(match.columns) == 1:
            (name,) = match.columns
            levels[name] = min(match.level, levels.get(name, match.level))
    matches = dict(mapped)
    for place, match in found.items():
        free = sorted(name for name in match.columns if levels.get(name, match.level) >= match.level) if match else []
        if match and free and len(match.columns) > 1:
            meanings = " or ".join(sorted(match.columns))
            refuse(
                AmbiguousDialect(
                    "the header {header!r} may mean {columns}: set options.mapping",
                    header=trim(names[place]),
                    columns=meanings,
                )
            )
            free = []
        matches[place] = (free[0], match.how) if match and free else (None, "")
    return matches


def _match_by_position(names: Sequence[str], columns: Sequence[Column], refuse: Refuse) -> Matches:
    """Match the fields of a file without a header by their places.

    Raises: AmbiguousDialect for more fields than columns: nothing says which of them belong to the columns.
    """
    if len(names) > len(columns):
        refuse(
            AmbiguousDialect(
                "the file has {fields} fields and no header, more than the target has columns ({columns}): "
                "set options.mapping, options.has_header or options.delimiter",
                fields=len(names),
                columns=len(columns),
            )
        )
    return {place: (column.name, "position") for place, column in enumerate(columns[: len(names)])}


def _fields(
    names: Sequence[str], columns: Sequence[Column], matches: Matches, readings: Mapping[str, Reading]
) -> tuple[Field, ...]:
    """Return the fields that are loaded, in the order of the file."""
    by_name = {column.name: column for column in columns}
    return tuple(
        Field(index=place, header=names[place], column=by_name[name], reading=readings.get(name, Reading()), how=how)
        for place, (name, how) in sorted(matches.items())
        if name is not None
    )


def _absent(columns: Sequence[Column], matches: Matches, readings: Mapping[str, Reading]) -> tuple[Field, ...]:
    """Return a field for each column that the file does not have and for which the target has a default."""
    matched = {name for name, _ in matches.values()}
    return tuple(
        Field(index=ABSENT, header="", column=column, reading=readings[column.name])
        for column in columns
        if column.name in readings and readings[column.name].default is not None and column.name not in matched
    )


def _check_duplicates(names: Sequence[str], matches: Matches, refuse: Refuse) -> None:
    """Refuse with DuplicateHeader when two fields match the same column; the first of them keeps it."""
    first: dict[str, int] = {}
    for place, (column, _) in sorted(matches.items()):
        if column is None:
            continue
        if column in first:
            both = f"{describe(names[first[column]], first[column])} (field {first[column] + 1}) and "
            both += f"{describe(names[place], place)} (field {place + 1})"
            refuse(DuplicateHeader("the headers {headers} match the same column {column}", headers=both, column=column))
            matches[place] = (None, "")
        else:
            first[column] = place


def _check_columns(
    names: Sequence[str], columns: Sequence[Column], fields: Sequence[Field], ignored: Sequence[int], refuse: Refuse
) -> None:
    """Refuse with NoMatchingColumn when no field is loaded, MissingColumn when the file lacks a required column."""
    unmatched = [names[place] for place in ignored if is_like_a_name(names[place])]
    if not fields:
        all_columns = join_names([column.name for column in columns])
        hint = _suggestions([column.name for column in columns], unmatched)
        refuse(
            NoMatchingColumn(
                "none of the file's headers ({headers}) is a column of the target ({columns}){suggestion}",
                headers=_describe_all(names, ignored),
                columns=all_columns,
                suggestion=hint,
            )
        )
        return
    loaded = {field.column.name for field in fields}
    missing = [column.name for column in columns if column.required and column.name not in loaded]
    if missing:
        hint = _suggestions(missing, unmatched)
        refuse(
            MissingColumn(
                "the target needs columns that the file does not have: {columns}{suggestion}",
                columns=join_names(missing),
                suggestion=hint,
            )
        )


def _suggestions(columns: Sequence[str], headers: Sequence[str]) -> str:
    """Return the end of a message that names, for some columns, the header with the most similar name."""
    pairs = [(closest(name, headers), name) for name in columns]
    similar = [f"'{trim(header)}' may be meant for {name}" for header, name in pairs if header is not None]
    return f"; {join_names(similar, 3)}" if similar else ""


def _describe_all(names: Sequence[str], places: Sequence[int]) -> str:
    return join_names([describe(names[place], place) for place in places])
