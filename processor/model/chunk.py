"""A chunk of records, its place in the file, and what a file may cost."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Offsets = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class FileLimits:
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


@dataclass(frozen=True, slots=True, kw_only=True)
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
