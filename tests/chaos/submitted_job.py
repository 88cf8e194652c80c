"""A job that the clients have submitted, and its expected result."""

from __future__ import annotations

from dataclasses import dataclass, replace

from tests.chaos import generated_file, oracle
from tests.chaos.job_spec import JobSpec
from tests.chaos.oracle import Expected, Fingerprint
from tests.chaos.snapshot import Chunk, Job

# Only the table finds these rejections; for an atomic job that is at its end.
TABLE_CODES = frozenset(defect.code for defect in generated_file.TABLE_DEFECTS)


@dataclass(slots=True)
class SubmittedJob:
    """A job, the expected result of its whole file, and what the database has confirmed to a client."""

    spec: JobSpec
    expected: Expected
    inserted: bool = False
    cancellations: int = 0

    def expected_result(self, job: Job, chunks: list[Chunk], mark: str) -> Expected:
        """Return the expected result of all records for a completed job, and of the ledger's records otherwise."""
        if job.status == "completed":
            return self.expected
        covered = [chunk.records for chunk in chunks]
        partial = oracle.expected_result(generated_file.generate(self.spec, mark), covered)
        if not self.spec.atomic:
            return partial
        # What only the table rejects is recorded at the end, in one transaction before that of the rows. A job
        # may be cancelled between the two.
        early = tuple(one for one in partial.rejections if one[2] not in TABLE_CODES)
        rejections = early if job.rows_rejected == len(early) else partial.rejections
        return replace(
            partial, rejections=rejections, accepted=Fingerprint(), skipped=partial.records - len(rejections)
        )
