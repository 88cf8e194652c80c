"""The expected result of a file, computed with Python's csv and without any code of the processor."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import md5

from tests.chaos.generated_file import GeneratedFile

# The view chaos_rows uses the same format: unit separators between the fields, a record separator for null.
UNIT, NULL = "\x1f", "\x1e"
# Each sum of a fingerprint uses 15 hexadecimal digits, which are 60 bits, of the MD5 of a row.
DIGITS = 15

# Record number, line number, code.
Rejection = tuple[int, int, str]


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """A multiset of rows in any order: their number, and two sums of 60 bits of the MD5 of each row."""

    rows: int = 0
    low: int = 0
    high: int = 0


@dataclass(frozen=True, slots=True)
class Expected:
    """The expected result of some records; the rejections are in file order."""

    records: int
    skipped: int
    rejections: tuple[Rejection, ...]
    accepted: Fingerprint


@dataclass(frozen=True, slots=True)
class Record:
    """A record as csv reads it; a blank line has no fields."""

    number: int
    line: int
    fields: list[str]


def records(data: bytes) -> Iterator[Record]:
    """Yield the records below the header; record and line numbers start at 1."""
    reader = csv.reader(io.StringIO(data.decode(), newline=""))
    next(reader)
    line = reader.line_num + 1
    for number, fields in enumerate(reader, 1):
        yield Record(number, line, fields)
        line = reader.line_num + 1


def accepted_rows(file: GeneratedFile, covered: list[range] | None = None) -> Iterator[str]:
    """Yield the text of every row that must be in the target, for the covered records or for all."""
    for record in covered_records(file, covered):
        if record.fields and record.number not in file.codes:
            yield UNIT.join(field or NULL for field in record.fields)


def expected_result(file: GeneratedFile, covered: list[range] | None = None) -> Expected:
    """Return the expected result of the covered records, or of all."""
    chosen = list(covered_records(file, covered))
    bad = [record for record in chosen if record.number in file.codes]
    return Expected(
        records=len(chosen),
        skipped=sum(not record.fields for record in chosen),
        rejections=tuple((record.number, record.line, file.codes[record.number]) for record in bad),
        accepted=fingerprint(accepted_rows(file, covered)),
    )


def covered_records(file: GeneratedFile, covered: list[range] | None) -> Iterator[Record]:
    """Yield the records whose number is in one of the ranges, or all records when `covered` is None."""
    for record in records(file.data):
        if covered is None or any(record.number in numbers for numbers in covered):
            yield record


def fingerprint(texts: Iterable[str]) -> Fingerprint:
    """Return the fingerprint of rows."""
    rows = low = high = 0
    for text in texts:
        digest = md5(text.encode(), usedforsecurity=False).hexdigest()
        rows += 1
        low += int(digest[:DIGITS], 16)
        high += int(digest[DIGITS : 2 * DIGITS], 16)
    return Fingerprint(rows, low, high)
