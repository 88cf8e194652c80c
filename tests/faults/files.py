"""The files the tests import, and what must have become of them, computed without the product."""

from __future__ import annotations

import csv
import io
from collections import Counter
from dataclasses import dataclass
from uuid import UUID

# One row in so many has an id that is no number.
BAD_EVERY = 97
# With the 64 KiB chunks of these tests, some 600 rows make a chunk.
NOTE = "a note with a comma, and quotes " + "x" * 70


@dataclass(frozen=True, slots=True)
class Case:
    """An inserted job, its target table and its file."""

    job: UUID
    table: str
    path: str
    data: bytes

    @property
    def records(self) -> int:
        return len(parsed(self.data))

    def expected(self, records: int) -> tuple[Counter[tuple[int, str]], list[tuple[int, str]]]:
        """What the first `records` records must become: rows of the target, and rejections as (record, code)."""
        rows = parsed(self.data)[:records]
        good = Counter((int(key), note) for key, note in rows if key.isdigit())
        bad = [(at, "IJ403") for at, (key, _) in enumerate(rows, 1) if not key.isdigit()]
        return good, bad


def make_csv(rows: int, first: int = 1) -> bytes:
    """Return a file of about 110 bytes a row; ids count from `first`."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("id", "note"))
    for at in range(first, first + rows):
        writer.writerow((f"bad{at}" if at % BAD_EVERY == 0 else at, f"{at} {NOTE}"))
    return text.getvalue().encode()


def parsed(data: bytes) -> list[tuple[str, str]]:
    """Return the records of a file as Python's csv reads them."""
    return [(row[0], row[1]) for row in csv.reader(io.StringIO(data.decode(), newline=""))][1:]
