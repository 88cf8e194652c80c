"""The values that pass between the steps, all frozen: dialect, chunk, column, plan, rejections.

storage yields bytes → dialect reads a sample of them → records cuts them into chunks → validate turns a chunk
and the plan into good rows and rejections → load writes both with the ledger entry → report sums up.
"""

from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import polars as pl

Offsets = npt.NDArray[np.int64]
How = Literal["given", "found", "default"]


@dataclass(frozen=True, slots=True)
class Dialect:
    """How the bytes are to be read; `how` says for each part whether it was given, found or a default.

    `quote` is None when no character quotes. `escape` is None when a quote is escaped by doubling it, or "\\\\".
    `skip_lines` counts the lines before the header; `bom_bytes` the bytes of the byte order mark; `confidence` (0 to 1)
    says how sure the encoding is.
    All marks are single ASCII characters, so that UTF-8 bytes can be searched for them.
    """

    encoding: str = "utf-8"
    delimiter: str = ","
    quote: str | None = '"'
    escape: str | None = None
    line_end: str = "lf"  # 'lf' | 'crlf' | 'cr' | 'mixed'
    has_header: bool = True
    skip_lines: int = 0
    comment: str | None = None
    compression: str | None = None
    bom_bytes: int = 0
    confidence: float = 1.0
    how: dict[str, How] = field(default_factory=dict[str, How])

    @property
    def is_plain(self) -> bool:
        """Whether the file's bytes, but for a byte order mark, are those of the text."""
        return self.encoding == "utf-8" and self.compression is None

    def as_json(self) -> dict[str, Any]:
        """Return all of it by name; a fourteenth of the time that `asdict` takes, twice for each file."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True)
class Limits:
    """What a file may cost: a larger field or record is rejected, a larger text or a steeper compression ends the job.

    `text_bytes` counts after decompression; `ratio` is decompressed over compressed (deflate reaches 1,030 on zeros,
    real exports stay under 100).
    """

    record_bytes: int = 16 << 20
    field_bytes: int = 1 << 20
    text_bytes: int = 1 << 40
    ratio: int = 1000


@dataclass(frozen=True, slots=True)
class Position:
    """A record boundary in the text stream: where a chunk starts, or where an attempt resumes.

    `offset` is in bytes of the stream handed to `records` (UTF-8, decompressed), `line` and `record` are those of the
    next record, both counted from 1; `record` counts data records only (the header is none), `seq` is the next
    chunk's number.
    """

    offset: int = 0
    line: int = 1
    record: int = 1
    seq: int = 0


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some megabytes of whole records, with each record's extent and number of fields counted from the bytes.

    `data` holds exactly the bytes `[position.offset, position.offset + len(data))`, unless one record over the limit
    was cut (`next.offset` counts all of it). `starts`/`ends` (shape: records) are offsets within `data`; `ends` is
    exclusive and leaves out the line end. `fields` (shape: records) is the number of fields by Python's csv rules, 0
    on a blank line. `blank`, `nul`, `oversized`, `irregular` (shape: records, bool) mark empty and comment lines,
    records with a NUL byte, records or fields over the limit, and records whose quotes only a lenient reader
    understands (a stray quote in an unquoted field, text after a closing quote). `lines` (shape: records) is the
    physical line on which each record starts.
    """

    position: Position
    next: Position
    data: bytes
    starts: Offsets
    ends: Offsets
    fields: npt.NDArray[np.int32]
    lines: Offsets
    blank: npt.NDArray[np.bool_]
    nul: npt.NDArray[np.bool_]
    oversized: npt.NDArray[np.bool_]
    irregular: npt.NDArray[np.bool_]

    @property
    def records(self) -> int:
        """The number of data records, blank lines included: what `rows_read` counts."""
        return len(self.starts)


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True)
class Change:
    """What a normaliser changed in a column of one chunk: how many values, and the first few, before and after."""

    column: str
    count: int
    examples: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True)
class Doubt:
    """Distinct texts of one column (polars String, no nulls) that only Postgres can judge."""

    column: Column
    values: pl.Series


@dataclass(frozen=True, slots=True)
class Verdict:
    """Postgres's answer to a doubt: the texts it refuses, and for each the SQLSTATE it gives."""

    column: Column
    refused: dict[str, str]


@dataclass(frozen=True, slots=True)
class Rejections:
    """Rejected rows of one chunk.

    `rows` (index into the chunk's records), `columns` (None: the whole row), `codes`, `messages`, all of one length.
    """

    rows: tuple[int, ...] = ()
    columns: tuple[str | None, ...] = ()
    codes: tuple[str, ...] = ()
    messages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows ready to load.

    `frame` has one String column per `Plan.fields` (named by the column), `index` the record of each row in its
    chunk. `sure` names the columns of which each text has a binary value that Postgres surely takes. `ascii_only`: no
    text has another character.
    """

    frame: pl.DataFrame
    index: npt.NDArray[np.int64]
    sure: frozenset[str] = frozenset()
    ascii_only: bool = False

    def kept(self, keep: npt.NDArray[np.bool_]) -> "Rows":
        """Return those rows alone."""
        return Rows(self.frame.filter(pl.Series(keep)), self.index[keep], self.sure, self.ascii_only)


@dataclass(frozen=True, slots=True)
class Transformed:
    """A chunk after its texts were read as the job declares: all rows, the rejections so far, what normalisers changed.

    A rejected value is null in `rows`; `validate.check` takes the rejections on.
    """

    rows: Rows
    rejections: Rejections
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Checked:
    """A chunk after the vectorised checks: all its rows, what only Postgres can judge, and the rejections so far.

    `rows` still holds the rejected ones: `validate.settle` takes them out, so that the first offending column
    decides.
    """

    rows: Rows
    doubts: tuple[Doubt, ...]
    rejections: Rejections
