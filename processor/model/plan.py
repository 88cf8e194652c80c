"""The plan of a job: which field of a record goes into which column, and how its texts are read."""

from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of the target as the catalog has it.

    `type` is the type with its modifier as `format_type` spells it, such as `numeric(12,2)` or `public.mood`. `base` is
    its name without the modifier; for a domain, that of its base type. `kind` is pg_type.typtype of `type` ('b' base,
    'd' domain, 'e' enum …). `labels` are the labels of an enum. `required` says that the column is not null and that
    neither a default nor an identity fills it.
    """

    name: str
    type: str
    base: str
    kind: str
    not_null: bool
    required: bool
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Normaliser:
    """A normaliser, which brings different spellings of a column's values into one form.

    `name` is its entry in `validate.normalise`. `region` (two letters) is that of phone numbers without a country code,
    `scheme` that of URLs without one. `pattern` and `replace` (with `$1` for groups) are those of a regular expression.
    `code` replaces the code of its rejections.
    """

    name: str
    region: str | None = None
    scheme: str | None = None
    pattern: str | None = None
    replace: str | None = None
    code: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How the texts of one column are read before they are cast; by default, as Postgres reads them.

    `date_formats` and `timestamp_formats` are in strptime notation, or "iso", "excel", "epoch" or "epoch_ms", and are
    tried in order. `indian` says that digits are grouped by two before the last three. `default` is the text that
    replaces null. `formula_text` says that `="0012"` is the text 0012, `empty_as` whether an empty field is null or the
    default of the table's column. `cell_errors` are the error values of a spreadsheet, which are rejected. An empty
    tuple or None leaves the value to Postgres.
    """

    null_values: tuple[str, ...] = ()
    trim: bool = False
    decimal: str = "."
    thousands: str | None = None
    indian: bool = False
    date_formats: tuple[str, ...] = ()
    timestamp_formats: tuple[str, ...] = ()
    months: tuple[tuple[str, ...], ...] = ()
    true_values: tuple[str, ...] = ()
    false_values: tuple[str, ...] = ()
    case: Literal["lower", "upper"] | None = None
    time_zone: str | None = None
    normaliser: Normaliser | None = None
    default: str | None = None
    formula_text: bool = False
    empty_as: Literal["null", "default"] = "null"
    cell_errors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A field of the file that goes into a column.

    `index` is the field's place in the record, from 0. A negative index stands for a column that the file does not have
    and that the default of its reading fills. `how` says how the header was matched with the column: `exact`, `folded`,
    by an `alias`, by the job's `mapping`, or by `position`.
    """

    index: int
    header: str
    column: Column
    reading: Reading = field(default_factory=Reading)
    how: str = "exact"


@dataclass(frozen=True, slots=True)
class Plan:
    """What a job does with the fields of a record.

    A record has `width` fields; those in `fields` are loaded, in this order. `ignored` names the headers that match no
    column. `null_values` are the null values that all columns share.
    """

    width: int
    fields: tuple[Field, ...]
    ignored: tuple[str, ...] = ()
    null_values: tuple[str, ...] = ()
