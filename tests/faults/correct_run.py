"""A correct run for the tests of the chaos checker, loaded without a processor."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field, replace
from pathlib import Path

import psycopg

from tests.chaos import checker, generated_file, oracle, tables
from tests.chaos.invariant import Invariant
from tests.chaos.job_spec import JobSpec, job_specs
from tests.chaos.observer import SAMPLE, JobAndLease, Lease, Observations
from tests.chaos.submitted_job import SubmittedJob

MARK = "mark-of-the-tests"
SECRETS = ("sb_secret_of_the_tests",)
CLAIM = "select importer.claim_jobs('correct', 10, 60)"
CHUNK = """
insert into importer.job_chunks (
  job_id, seq, byte_start, byte_end, next_line, next_record, rows_read, rows_loaded, rows_rejected, rows_skipped,
  attempt
) values (%s, 0, 0, %s, 1, %s, %s, %s, %s, %s, 1)
"""
REJECTION = """
insert into public.import_job_errors (job_id, record_number, line_number, code, message) values (%s, %s, %s, %s, '')
"""
COMPLETE = """
update public.import_jobs set
  status = 'completed', rows_read = %s, rows_loaded = %s, rows_rejected = %s, rows_skipped = %s, chunks_done = 1
where id = %s
"""
INSERT = "insert into public.import_jobs (id, object_path, target, idempotency_key) values (%s, %s, %s, %s)"


def spec(source: int, table: str, *, atomic: bool = False) -> JobSpec:
    """Return a job of 400 rows, a tenth of them bad."""
    return replace(
        next(job_specs(source)),
        source=source,
        table=table,
        rows=400,
        bad_share=0.1,
        atomic=atomic,
        purpose="load",
        max_attempts=5,
    )


@dataclass
class CorrectRun:
    """Jobs that were loaded correctly, in one chunk each, with everything that a processor leaves behind."""

    conn: psycopg.Connection
    logs: Path
    jobs: list[SubmittedJob] = field(default_factory=list)
    observations: Observations = field(default_factory=Observations)

    def execute(self) -> None:
        """Insert, claim and load the jobs, and write the logs."""
        tables.create(self.conn)
        (self.logs / "processor-1.log").write_text('{"action": "worker_started"}\n')
        (self.logs / "postgres.log").write_text(f"Failing row contains ({MARK})\n")
        for job_spec in (spec(1, "plain"), spec(2, "keyed")):
            self.jobs.append(self.submit(job_spec))
            self.insert(job_spec)
        self.conn.execute(CLAIM)
        with self.conn.cursor(row_factory=psycopg.rows.class_row(JobAndLease)) as cursor:
            self.observations.add_sample(cursor.execute(SAMPLE).fetchall())
        for job in self.jobs:
            self.load(job)

    def submit(self, job_spec: JobSpec) -> SubmittedJob:
        expected = oracle.expected_result(generated_file.generate(job_spec, MARK))
        return SubmittedJob(job_spec, expected, inserted=True)

    def insert(self, job_spec: JobSpec) -> None:
        self.conn.execute(INSERT, (job_spec.id, job_spec.path, job_spec.target, str(job_spec.source)))

    def load(self, job: SubmittedJob) -> None:
        file, expected, job_id = generated_file.generate(job.spec, MARK), job.expected, job.spec.id
        with self.conn.cursor() as cursor, cursor.copy(f"copy public.{job.spec.target} from stdin") as copy:
            for record in oracle.records(file.data):
                if record.fields and record.number not in file.codes:
                    copy.write_row([value or None for value in record.fields])
        with self.conn.cursor() as cursor:
            cursor.executemany(REJECTION, [(job_id, *rejection) for rejection in expected.rejections])
        counts = (expected.records, expected.accepted.rows, len(expected.rejections), expected.skipped)
        self.conn.execute(CHUNK, (job_id, len(file.data), expected.records + 1, *counts))
        self.conn.execute(COMPLETE, (*counts, job_id))

    def check(self) -> dict[str, Invariant]:
        invariants = checker.check(
            self.conn,
            self.jobs,
            mark=MARK,
            observations=self.observations,
            logs=self.logs.glob("*.log"),
            secrets=SECRETS,
        )
        return {invariant.name: invariant for invariant in invariants}

    def failed(self) -> set[str]:
        return {name for name, invariant in self.check().items() if not invariant.holds}

    @contextmanager
    def copy(self, logs: Path) -> Iterator[CorrectRun]:
        """Yield a run that a test may damage: its logs are copies, and its database is rolled back at the end."""
        shutil.copytree(self.logs, logs, dirs_exist_ok=True)
        with self.conn.transaction(force_rollback=True):
            yield CorrectRun(self.conn, logs, deepcopy(self.jobs), deepcopy(self.observations))

    def lease(self) -> Lease:
        first = self.jobs[0].spec.id
        return next(lease for lease in self.observations.leases.values() if lease.job_id == first)
