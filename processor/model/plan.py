"""The plan of a job: which field of a record goes into which column, and how its texts are read."""

from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of the target as the catalog has it.

    `type` is Postgres's own spelling with its modifier (`format_type`), such as `numeric(12,2)` or `public.mood`;
    `base` is the type name without modifier, of the base type where `type` is a domain; `kind` is pg_type.typtype of
    `type` ('b' base, 'd' domain, 'e' enum …); `labels` are an enum's labels, else empty. `required`: not null and
    neither default nor identity fills it.
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
    """What makes the spellings of a column's values one: `name` is its entry in `validate.normalise`.

    `region` (two letters) is a phone number's without a country code; `scheme` an address's without one; `pattern`
    and `replace` (with `$1` for groups) are a regular expression's; `code` replaces the rejection's own.
    """

    name: str
    region: str | None = None
    scheme: str | None = None
    pattern: str | None = None
    replace: str | None = None
    code: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How the texts of one column are to be understood, before its type is asked; the default is: as Postgres does.

    `date_formats` and `timestamp_formats` are in strptime notation or "iso", tried in order. `indian` groups digits
    by two before the last three. `default` is the text that stands in for null. An empty tuple or None leaves the
    question to Postgres.
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A field of the file that goes into a column: its place in the record (from 0), its header, its column.

    A place below 0 is that of a column which the file does not have: its reading's default fills it. `how` says what
    led there: the header as it stands (`exact`), `folded`, an `alias`, the job's `mapping`, or the `position`.
    """

    index: int
    header: str
    column: Column
    reading: Reading = field(default_factory=Reading)
    how: str = "exact"


@dataclass(frozen=True, slots=True)
class Plan:
    """What a job does with each field of a record.

    `width` fields per record, those in `fields` are loaded, in this order.
    """

    width: int
    fields: tuple[Field, ...]
    ignored: tuple[str, ...] = ()
    null_values: tuple[str, ...] = ()
