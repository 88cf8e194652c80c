"""The files that the tests import, and their expected results, computed without the product."""

from __future__ import annotations

import csv
import io
from collections import Counter
from dataclasses import dataclass
from uuid import UUID

# One row in this many has an id that is not a number.
BAD_EVERY = 97
# A chunk of 64 KiB, as in these tests, has some 600 rows.
NOTE = "a note with a comma, and quotes " + "x" * 70


@dataclass(frozen=True, slots=True)
class Case:
    """An inserted job, its target table and its file, whose last `footer` records are no rows."""

    job: UUID
    table: str
    path: str
    data: bytes
    footer: int = 0

    @property
    def records(self) -> int:
        """The number of records of the file, without the header."""
        return len(parsed(self.data))

    def skipped(self, records: int) -> int:
        """Return how many of the first `records` records are skipped."""
        return max(0, records - (self.records - self.footer))

    def expected(self, records: int) -> tuple[Counter[tuple[int, str]], list[tuple[int, str]]]:
        """Return the expected rows and the expected rejections, as (record, code), of the first `records` records."""
        rows = parsed(self.data)[: records - self.skipped(records)]
        good = Counter((int(key), note) for key, note in rows if key.isdigit())
        bad = [(record, "IJ403") for record, (key, _) in enumerate(rows, 1) if not key.isdigit()]
        return good, bad


def make_csv(rows: int, first: int = 1) -> bytes:
    """Return a file with `rows` rows of about 110 bytes, whose ids count from `first`."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("id", "note"))
    for key in range(first, first + rows):
        writer.writerow((f"bad{key}" if key % BAD_EVERY == 0 else key, f"{key} {NOTE}"))
    return text.getvalue().encode()


def parsed(data: bytes) -> list[tuple[str, str]]:
    """Return the records of a file, without the header, as Python's csv module reads them."""
    return [(row[0], row[1]) for row in csv.reader(io.StringIO(data.decode(), newline=""))][1:]
