"""Invariants of content: the rows in the targets, the counters, the ledger, and the rejections."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from tests.chaos import generated_file, oracle
from tests.chaos.invariant import Invariant
from tests.chaos.oracle import Expected, Fingerprint
from tests.chaos.snapshot import Chunk, Job, Snapshot
from tests.chaos.submitted_job import SubmittedJob

# How many examples of a difference are shown.
EXAMPLES = 3
# Maps a table and the number of a job to the texts of the rows in the database.
RowTexts = Callable[[str, int], list[str]]


@dataclass(frozen=True, slots=True)
class Outcome:
    """A submitted job, its row in the database, and the expected result."""

    submitted: SubmittedJob
    job: Job
    expected: Expected

    @property
    def source(self) -> int:
        """The number of the job."""
        return self.submitted.spec.source

    @property
    def key(self) -> tuple[str, int]:
        """The table and the number of the job."""
        return self.submitted.spec.table, self.source


def pair_with_expected(data: Snapshot, jobs: Iterable[SubmittedJob], mark: str) -> list[Outcome]:
    """Return the outcome of every submitted job that is in the database."""
    outcomes = list[Outcome]()
    for submitted in jobs:
        job = data.jobs.get(submitted.spec.id)
        if job is not None:
            expected = submitted.expected_result(job, data.chunks.get(job.id, []), mark)
            outcomes.append(Outcome(submitted, job, expected))
    return outcomes


def check_rows(data: Snapshot, outcomes: list[Outcome], mark: str, row_texts: RowTexts) -> Invariant:
    """Check that the target contains every accepted row exactly once, by content."""
    invariant = Invariant("the targets contain every accepted row exactly once, by content")
    known = {outcome.key for outcome in outcomes}
    for table, source in data.fingerprints.keys() - known:
        count = data.fingerprints[table, source].rows
        invariant.add_violation(f"{count} rows in {table} belong to no job", source)
    total = 0
    for outcome in outcomes:
        actual, expected = data.fingerprints.get(outcome.key, Fingerprint()), outcome.expected.accepted
        total += actual.rows
        if actual != expected:
            counts = f"{actual.rows:,} rows, expected {expected.rows:,}"
            invariant.add_violation(f"{counts}, or rows with other content", outcome.source)
            chunks = data.chunks.get(outcome.job.id, [])
            for example in describe_differences(outcome, chunks, mark, row_texts(*outcome.key)):
                invariant.add_violation(example, outcome.source)
    invariant.counted = f"{total:,} rows of {len(outcomes)} jobs"
    return invariant


def describe_differences(outcome: Outcome, chunks: list[Chunk], mark: str, actual_texts: list[str]) -> Iterator[str]:
    """Yield descriptions of rows that are missing and of rows that should not exist."""
    spec, completed = outcome.submitted.spec, outcome.job.status == "completed"
    covered = None if completed else [chunk.records for chunk in chunks]
    expected = Counter[str]()
    if completed or not spec.atomic:
        expected = Counter(oracle.accepted_rows(generated_file.generate(spec, mark), covered))
    actual = Counter(actual_texts)
    for name, difference in (("missing", expected - actual), ("too many", actual - expected)):
        if difference:
            examples = ", ".join(f"{text!r}" for text in list(difference)[:EXAMPLES])
            yield f"{name} ({sum(difference.values()):,}): {examples}"


def check_counters(outcomes: list[Outcome]) -> Invariant:
    """Check that the counters of the jobs match the file."""
    invariant = Invariant("rows_read = loaded + rejected + skipped = the records in the file")
    for outcome in outcomes:
        job, expected, source = outcome.job, outcome.expected, outcome.source
        total = job.rows_loaded + job.rows_rejected + job.rows_skipped
        invariant.expect_equal("rows_read", job.rows_read, total, source)
        invariant.expect_equal("rows_read", job.rows_read, expected.records, source)
        invariant.expect_equal("rows_loaded", job.rows_loaded, expected.accepted.rows, source)
        invariant.expect_equal("rows_rejected", job.rows_rejected, len(expected.rejections), source)
        invariant.expect_equal("rows_skipped", job.rows_skipped, expected.skipped, source)
    invariant.counted = f"{sum(outcome.job.rows_read for outcome in outcomes):,} records"
    return invariant


def check_ledger(data: Snapshot, outcomes: list[Outcome]) -> Invariant:
    """Check that the ledger has no gap and no overlap, and that its counts add up to those of the job."""
    invariant = Invariant("the ledger covers every byte once, and adds up to the counters of the job")
    for outcome in outcomes:
        job, source, chunks = outcome.job, outcome.source, data.chunks.get(outcome.job.id, [])
        read, rejected = sum(chunk.rows_read for chunk in chunks), sum(chunk.rows_rejected for chunk in chunks)
        invariant.expect_equal("chunks_done", job.chunks_done, len(chunks), source)
        invariant.expect_equal("rows_read in the ledger", read, job.rows_read, source)
        invariant.expect_equal("rows_rejected in the ledger", rejected, job.rows_rejected, source)
        if job.status == "completed" or not outcome.submitted.spec.atomic:
            loaded = sum(chunk.rows_loaded for chunk in chunks)
            invariant.expect_equal("rows_loaded in the ledger", loaded, job.rows_loaded, source)
        invariant.expect_equal("seq", [chunk.seq for chunk in chunks], list(range(len(chunks))), source)
        for chunk, following in pairwise(chunks):
            name = f"of chunk {following.seq}"
            invariant.expect_equal(f"first byte {name}", following.byte_start, chunk.byte_end, source)
            invariant.expect_equal(f"first record {name}", following.records.start, chunk.next_record, source)
    invariant.counted = f"{sum(map(len, data.chunks.values())):,} chunks"
    return invariant


def check_rejections(data: Snapshot, outcomes: list[Outcome]) -> Invariant:
    """Check that exactly the bad rows were rejected, with their record, line and code."""
    invariant = Invariant("exactly the bad rows are rejected, with record, line and code")
    for outcome in outcomes:
        actual = Counter(data.rejections.get(outcome.job.id, []))
        expected = Counter(outcome.expected.rejections)
        for name, difference in (("missing", expected - actual), ("too many", actual - expected)):
            if difference:
                examples = sorted(difference)[:EXAMPLES]
                text = f"{name} ({len(difference)}) as (record, line, code): {examples}"
                invariant.add_violation(text, outcome.source)
    codes = Counter(code for rejections in data.rejections.values() for _, _, code in rejections)
    invariant.counted = f"{codes.total():,} rows, {len(codes)} codes"
    return invariant
