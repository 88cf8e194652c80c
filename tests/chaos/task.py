"""A job that was asked for, with what must come of it as far as it got."""

from __future__ import annotations

from dataclasses import dataclass, replace

from tests.chaos import oracle, rows
from tests.chaos.facts import Chunk, Job
from tests.chaos.oracle import Expected, Fingerprint
from tests.chaos.spec import Spec

# Found by the table alone: of an all-or-nothing job only at its end.
LATE = frozenset(code for code, _ in rows.TABLES)


@dataclass(slots=True)
class Task:
    """A job, what must come of its whole file, and what the database has confirmed of it to a client."""

    spec: Spec
    expected: Expected
    inserted: bool = False
    cancels: int = 0
    retries: int = 0

    def due(self, job: Job, chunks: list[Chunk], mark: str) -> Expected:
        """Return what must have come of the job: of all records once it is completed, else of those in the ledger."""
        if job.status == "completed":
            return self.expected
        part = oracle.expect(rows.make(self.spec, mark), [chunk.records for chunk in chunks])
        if not self.spec.atomic:
            return part
        early = tuple(each for each in part.rejected if each[2] not in LATE)
        return replace(part, rejected=early, accepted=Fingerprint(), skipped=part.records - len(early))
