"""Invariants of content: rows in the targets, counters, the ledger, and rejected rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise

from tests.chaos import oracle, rows
from tests.chaos.facts import Chunk, Facts, Job
from tests.chaos.line import Line
from tests.chaos.oracle import Expected, Fingerprint
from tests.chaos.task import Task

SAMPLES = 3
# Table and job number → the rows' texts as they are in the database.
Texts = Callable[[str, int], list[str]]
Judged = list[tuple[Task, Job, Expected]]


def judged(facts: Facts, tasks: Iterable[Task], mark: str) -> Judged:
    """Pair every job that is there with what must have come of it."""
    found = ((task, facts.jobs.get(task.spec.id)) for task in tasks)
    return [(task, job, task.due(job, facts.chunks.get(job.id, []), mark)) for task, job in found if job is not None]


def rows_once(facts: Facts, jobs: Judged, mark: str, texts: Texts) -> Line:
    """Every accepted row is in the target exactly once, by content."""
    line = Line("rows in the targets are the accepted rows, each exactly once, by content")
    known = {(task.spec.table, task.spec.source) for task, _, _ in jobs}
    for place, source in facts.rows.keys() - known:
        line.wrong(f"{facts.rows[place, source].rows} rows in {place} are of no job", source)
    total = 0
    for task, job, due in jobs:
        key = (task.spec.table, task.spec.source)
        found = facts.rows.get(key, Fingerprint())
        total += found.rows
        if found != due.accepted:
            line.wrong(f"{found.rows:,} rows, not {due.accepted.rows:,}, or others", task.spec.source)
            for sample in differences(task, job, facts.chunks.get(job.id, []), mark, texts(*key)):
                line.wrong(sample, task.spec.source)
    line.counted = f"{total:,} rows of {len(jobs)} jobs"
    return line


def differences(task: Task, job: Job, chunks: list[Chunk], mark: str, there: list[str]) -> Iterator[str]:
    """Name some rows that are missing and some that should not be there."""
    covered = None if job.status == "completed" else [chunk.records for chunk in chunks]
    none = task.spec.atomic and job.status != "completed"
    due = Counter[str]() if none else Counter(oracle.accepted(rows.make(task.spec, mark), covered))
    have = Counter(there)
    for name, extra in (("missing", due - have), ("too many", have - due)):
        if extra:
            some = ", ".join(f"{text!r}" for text in list(extra)[:SAMPLES])
            yield f"{name} ({sum(extra.values()):,}): {some}"


def counts(jobs: Judged) -> Line:
    """The counters are those of the file."""
    line = Line("rows_read = loaded + rejected + skipped = the records in the file")
    for task, job, due in jobs:
        source = task.spec.source
        line.compare("read", job.rows_read, job.rows_loaded + job.rows_rejected + job.rows_skipped, source)
        line.compare("read", job.rows_read, due.records, source)
        line.compare("loaded", job.rows_loaded, due.accepted.rows, source)
        line.compare("rejected", job.rows_rejected, len(due.rejected), source)
        line.compare("skipped", job.rows_skipped, due.skipped, source)
    line.counted = f"{sum(job.rows_read for _, job, _ in jobs):,} records"
    return line


def ledger(facts: Facts, jobs: Judged) -> Line:
    """The ledger has no gap, no overlap, and the job's counts."""
    line = Line("the ledger has every byte once, and the counts of the job")
    for task, job, _ in jobs:
        source, chunks = task.spec.source, facts.chunks.get(job.id, [])
        line.compare("chunks", job.chunks_done, len(chunks), source)
        line.compare("read by the ledger", sum(each.rows_read for each in chunks), job.rows_read, source)
        line.compare("rejected by the ledger", sum(each.rows_rejected for each in chunks), job.rows_rejected, source)
        if job.status == "completed" or not task.spec.atomic:
            line.compare("loaded by the ledger", sum(each.rows_loaded for each in chunks), job.rows_loaded, source)
        line.compare("numbers of chunks", [each.seq for each in chunks], list(range(len(chunks))), source)
        for one, two in pairwise(chunks):
            line.compare(f"first byte of chunk {two.seq}", two.byte_start, one.byte_end, source)
            line.compare(f"first record of chunk {two.seq}", two.records.start, one.next_record, source)
    line.counted = f"{sum(map(len, facts.chunks.values())):,} chunks"
    return line


def rejected(facts: Facts, jobs: Judged) -> Line:
    """The rejected rows are the bad ones, with their line and code."""
    line = Line("rejected rows are the bad ones, with record, line and code")
    for task, job, due in jobs:
        have = Counter(facts.errors.get(job.id, []))
        want = Counter(due.rejected)
        for name, extra in (("missing", want - have), ("too many", have - want)):
            if extra:
                line.wrong(
                    f"{name} ({len(extra)}) as (record, line, code): {sorted(extra)[:SAMPLES]}", task.spec.source
                )
    codes = Counter(code for each in facts.errors.values() for _, _, code in each)
    line.counted = f"{codes.total():,} rows, {len(codes)} codes"
    return line
