"""What must come of a file, computed with Python's csv and without any code of the processor."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import md5

from tests.chaos.rows import Made

# As the view chaos_rows has it: the fields' texts between unit separators, a record separator for null.
UNIT, NULL = "\x1f", "\x1e"
DIGITS = 15

Rejected = tuple[int, int, str]


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """A set of rows, whatever their order: how many, and two sums of 60 bits of each row's MD5."""

    rows: int = 0
    low: int = 0
    high: int = 0


@dataclass(frozen=True, slots=True)
class Expected:
    """What must come of some records: `rejected` is (record, line, code), in file order."""

    records: int
    skipped: int
    rejected: tuple[Rejected, ...]
    accepted: Fingerprint


@dataclass(frozen=True, slots=True)
class Record:
    """A record as csv reads it: `fields` is empty for a blank line."""

    number: int
    line: int
    fields: list[str]


def records(data: bytes) -> Iterator[Record]:
    """Yield the records below the header with their number and first line, both from 1 as the user counts."""
    reader = csv.reader(io.StringIO(data.decode(), newline=""))
    next(reader)
    line = reader.line_num + 1
    for number, fields in enumerate(reader, 1):
        yield Record(number, line, fields)
        line = reader.line_num + 1


def accepted(made: Made, covered: list[range] | None = None) -> Iterator[str]:
    """Yield the text of every row that must be in the target, of the covered records or of all."""
    for record in within(records(made.data), covered):
        if record.fields and record.number not in made.codes:
            yield UNIT.join(field or NULL for field in record.fields)


def expect(made: Made, covered: list[range] | None = None) -> Expected:
    """Return what must come of the covered records, or of all."""
    found = list(within(records(made.data), covered))
    return Expected(
        records=len(found),
        skipped=sum(not record.fields for record in found),
        rejected=tuple(
            (each.number, each.line, made.codes[each.number]) for each in found if each.number in made.codes
        ),
        accepted=fingerprint(accepted(made, covered)),
    )


def within(found: Iterable[Record], covered: list[range] | None) -> Iterator[Record]:
    """Pass on the records whose number is in one of the ranges; all for None."""
    return (each for each in found if covered is None or any(each.number in part for part in covered))


def fingerprint(texts: Iterable[str]) -> Fingerprint:
    """Return the fingerprint of rows."""
    rows = low = high = 0
    for text in texts:
        digest = md5(text.encode(), usedforsecurity=False).hexdigest()
        rows += 1
        low += int(digest[:DIGITS], 16)
        high += int(digest[DIGITS : 2 * DIGITS], 16)
    return Fingerprint(rows, low, high)
