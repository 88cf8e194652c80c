"""A chunk of records, its position in the file, and the limits of a file."""

from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
import numpy.typing as npt

Offsets = npt.NDArray[np.int64]
#: The quotes of no record are at fault.
NO_FAULTS: Final = np.empty(0, np.int32)


@dataclass(frozen=True, slots=True)
class FileLimits:
    """The limits of a file. A larger field or record is rejected; a larger text or a higher ratio fails the job.

    `text_bytes` counts after decompression. `ratio` is the size of the decompressed text over that of the compressed
    bytes (deflate reaches 1,030 on zeros, real exports stay under 100).
    """

    record_bytes: int = 16 << 20
    field_bytes: int = 1 << 20
    text_bytes: int = 1 << 40
    ratio: int = 1000


@dataclass(frozen=True, slots=True)
class Position:
    """A record boundary in the text stream: where a chunk starts, or where an attempt resumes.

    `offset` counts bytes of the stream that `records` cuts (UTF-8, decompressed). `line` and `record` are those of the
    next record and count from 1; the header is not a record. `seq` is the number of the next chunk, from 0.
    """

    offset: int = 0
    line: int = 1
    record: int = 1
    seq: int = 0


@dataclass(frozen=True, slots=True)
class NoRows:
    """How many records of a chunk are no rows: those of nothing but delimiters, and those of the file's footer."""

    empty_rows: int = 0
    footer: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """Some megabytes of whole records. The extent and the fields of each record are counted from the bytes.

    `data` holds exactly the bytes `[position.offset, position.offset + len(data))`, unless a record over the limit was
    cut; `next.offset` counts all of its bytes. All arrays have the shape (records). `starts` and `ends` are offsets in
    `data`; `ends` is exclusive and leaves out the line end. `fields` is the number of fields by the rules of Python's
    csv, 0 for a blank line, and for a comment the negative number of the fields that it would have. `lines` is the
    physical line, from 1, on which a record starts. The masks mark: `blank` empty lines and comments; `nul` records
    with a NUL byte; `oversized` records that are over a limit or have a field that is; `irregular` records with quotes
    that only a lenient reader accepts (a stray quote in an unquoted field, text after a closing quote). `misquoted` is
    the number, from 1, of the field whose quotes may have moved values between fields, 0 if there is none; it is empty
    where no record has one. The last `footer` records are no rows: they belong to the footer of the file.
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
    misquoted: npt.NDArray[np.int32] = field(default_factory=lambda: NO_FAULTS)
    footer: int = 0

    def head(self, records: int) -> "Chunk":
        """Return a chunk of the first `records` records, at least one."""
        if records >= self.records:
            return self
        stop = int(self.starts[records])
        following = Position(
            self.position.offset + stop, int(self.lines[records]), self.position.record + records, self.position.seq + 1
        )
        vectors = ("starts", "ends", "fields", "lines", "blank", "nul", "oversized", "irregular", "misquoted")
        parts = {name: getattr(self, name)[:records] for name in vectors}
        footer = max(0, self.footer - (self.records - records))
        return replace(self, next=following, data=self.data[:stop], footer=footer, **parts)

    @property
    def records(self) -> int:
        """The number of records, blank lines included, as `rows_read` counts them."""
        return len(self.starts)
