"""The chaos checker must report every violation: each test plants one into the data of a correct run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, replace
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from tests.chaos import generated_file, oracle, snapshot
from tests.chaos.fault_schedule import schedule_faults
from tests.chaos.job_spec import job_specs
from tests.chaos.observer import JobAndLease
from tests.chaos.submitted_job import TABLE_CODES, SubmittedJob
from tests.conftest import Cluster
from tests.faults.correct_run import MARK, SECRETS, CorrectRun, spec

CONTENT = "the targets contain every accepted row exactly once, by content"
COUNTS = "rows_read = loaded + rejected + skipped = the records in the file"
REJECTIONS = "exactly the bad rows are rejected, with record, line and code"
LEDGER = "the ledger covers every byte once, and adds up to the counters of the job"
ENDS = "every job ended with the expected code"
ATTEMPTS = "no job has more attempts than its limit"
LEASES = "a job never has two leases"
WRITERS = "the attempt that held the lease wrote every ledger entry"
FINAL_STATES = "cancelled jobs stay cancelled, and completed jobs completed"
ATOMIC = "no row of an atomic job is visible before the job completes"
STAGING = "no staging table is left"
SECRETS_IN_LOGS = "no log line contains a secret or a value of a row"
DEFECTS = "no log of a processor contains a defect or a traceback"


@pytest.fixture(scope="module")
def executed(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[CorrectRun]:
    """One run for all tests, since its execution takes 0.3 s."""
    for database in cluster.clone("closed"):
        with database.connect() as conn:
            correct = CorrectRun(conn, tmp_path_factory.mktemp("logs"))
            correct.execute()
            yield correct


@pytest.fixture
def run(executed: CorrectRun, tmp_path: Path) -> Iterator[CorrectRun]:
    with executed.copy(tmp_path) as copy:
        yield copy


def test_correct_run_satisfies_every_invariant(run: CorrectRun) -> None:
    invariants = run.check()
    assert {name: invariant.violations for name, invariant in invariants.items() if not invariant.holds} == {}
    assert len(invariants) == 13
    accepted = sum(job.expected.accepted.rows for job in run.jobs)
    assert invariants[CONTENT].counted == f"{accepted:,} rows of 2 jobs"


PLANTED = {
    "a doubled row": ("insert into chaos_plain select * from chaos_plain where n = 1", {CONTENT}),
    "a missing row": ("delete from chaos_plain where n = 1", {CONTENT}),
    "one row twice and another missing": (
        "with gone as (delete from chaos_plain where n = 1) insert into chaos_plain select * from chaos_plain "
        "where n = (select max(n) from chaos_plain)",
        {CONTENT},
    ),
    "a changed cell": ("update chaos_keyed set amount = amount + 0.01 where n = 1", {CONTENT}),
    "an empty text instead of a null": (
        "update chaos_plain set note = '' where n = (select min(n) from chaos_plain where note is null)",
        {CONTENT},
    ),
    "a row that belongs to no job": ("insert into chaos_plain (source, n, label) values (99, 1, '')", {CONTENT}),
    "a wrong counter": (
        "update import_jobs set rows_read = rows_read + 1, rows_loaded = rows_loaded + 1 where target = 'chaos_plain'",
        {COUNTS, LEDGER},
    ),
    "a loaded row counted as rejected": (
        "update import_jobs set rows_rejected = rows_rejected + 1, rows_loaded = rows_loaded - 1 "
        "where target = 'chaos_plain'",
        {COUNTS, LEDGER},
    ),
    "a missing rejection": (
        "delete from import_job_errors where (job_id, record_number) in (select job_id, min(record_number) "
        "from import_job_errors group by job_id)",
        {REJECTIONS},
    ),
    "a rejection with another code": (
        "update import_job_errors set code = 'IJ499' where code = 'IJ401'",
        {REJECTIONS},
    ),
    "a rejection with another line": ("update import_job_errors set line_number = line_number + 1", {REJECTIONS}),
    "a gap in the ledger": (
        "insert into importer.job_chunks (job_id, seq, byte_start, byte_end, next_line, next_record, rows_read, "
        "rows_loaded, rows_rejected, rows_skipped, attempt, committed_at) select job_id, 2, byte_end + 5, "
        "byte_end + 9, next_line, next_record, 0, 0, 0, 0, attempt, committed_at from importer.job_chunks; "
        "update import_jobs set chunks_done = 2",
        {LEDGER},
    ),
    "a chunk of another attempt": ("update importer.job_chunks set attempt = 2", {WRITERS}),
    "a chunk after the end": (
        "update importer.job_chunks set committed_at = committed_at + interval '1 hour'",
        {WRITERS},
    ),
    "too many claims": (
        "insert into import_job_events (job_id, event, attempt, detail) "
        "select id, e, 1, jsonb_build_object('from', case e when 'running' then 'pending' else 'running' end) "
        "from import_jobs, generate_series(1, 6) as s, unnest(array['running', 'pending']) with ordinality as u (e, o) "
        "order by id, s, o",
        {ATTEMPTS, FINAL_STATES},
    ),
    "a claim within a claim": (
        "insert into import_job_events (job_id, event, attempt, detail) "
        "select id, 'running', s, jsonb_build_object('from', case s when 1 then 'completed' else 'running' end) "
        "from import_jobs, generate_series(1, 2) as s order by id, s",
        {LEASES},
    ),
    "a completed job that a processor made pending": (
        "insert into import_job_events (job_id, event, attempt, detail) "
        'select id, \'pending\', 1, \'{"from": "completed", "by": "import_processor"}\' from import_jobs',
        {FINAL_STATES},
    ),
    "a staging table": ("create table importer.staging_00000000000000000000000000000000 ()", {STAGING}),
    "a value of a row in an event": (
        f"insert into import_job_events (job_id, event, attempt, detail) select id, 'told', 1, '{{\"m\": \"{MARK}\"}}' "
        "from import_jobs",
        {SECRETS_IN_LOGS},
    ),
}


@pytest.mark.parametrize("name", PLANTED)
def test_violation_planted_in_the_database_is_found(run: CorrectRun, name: str) -> None:
    statement, expected = PLANTED[name]
    run.conn.execute(statement)
    assert run.failed() == expected


def test_job_that_did_not_end_is_found(run: CorrectRun) -> None:
    extra = spec(3, "plain")
    run.insert(extra)
    run.jobs.append(run.submit(extra))
    assert run.check()[ENDS].violations[0].text == "still pending"


def test_missing_job_whose_insert_was_confirmed_is_found(run: CorrectRun) -> None:
    run.jobs.append(run.submit(spec(3, "plain")))
    assert run.failed() == {ENDS}


def test_failure_for_another_reason_is_found(run: CorrectRun) -> None:
    run.jobs[0].spec = replace(run.jobs[0].spec, purpose="limit")
    assert run.failed() == {ENDS}


def test_missing_cancellation_that_was_confirmed_is_found(run: CorrectRun) -> None:
    run.jobs[0].cancellations = 1
    assert run.failed() == {FINAL_STATES}


def test_second_lease_for_one_claim_is_found(run: CorrectRun) -> None:
    other = replace(run.lease(), token=uuid4(), worker="another")
    run.observations.leases[other.token] = other
    assert run.failed() == {LEASES}


def test_lease_of_another_attempt_is_found(run: CorrectRun) -> None:
    lease = run.lease()
    run.observations.leases[lease.token] = replace(lease, attempt=7)
    assert run.failed() == {LEASES}


def test_lease_taken_before_its_end_is_found(run: CorrectRun) -> None:
    lease = run.lease()
    run.observations.leases[lease.token] = replace(lease, expires_at=lease.expires_at + timedelta(hours=1))
    assert run.failed() == set()
    run.conn.execute(
        "update import_job_events set event = 'lease_lost', detail = '{}' where event = 'completed' and job_id = %s",
        (lease.job_id,),
    )
    run.conn.execute(
        "insert into import_job_events (job_id, event, attempt, detail) "
        "values (%s, 'completed', 1, '{\"from\": \"running\"}')",
        (lease.job_id,),
    )
    assert run.failed() == {LEASES}


def test_two_leases_in_one_sample_are_found(run: CorrectRun) -> None:
    lease = run.lease()
    row = JobAndLease(**asdict(lease), status="running", attempts=1)
    run.observations.add_sample([row, row])
    assert run.failed() == {LEASES}


def test_lease_without_a_running_job_is_found(run: CorrectRun) -> None:
    lease = run.lease()
    row = JobAndLease(**asdict(lease), status="running", attempts=1)
    run.observations.add_sample([replace(row, job_id=None, status=None, attempts=None)])
    assert run.failed() == {LEASES}


def test_visible_row_of_an_unfinished_atomic_job_is_found(run: CorrectRun) -> None:
    run.observations.visible_rows.append("rows of job 1 before its end")
    assert run.failed() == {ATOMIC}


@pytest.mark.parametrize("text", [SECRETS[0], MARK])
def test_secret_or_value_in_a_log_is_found(run: CorrectRun, text: str) -> None:
    (run.logs / "storage.log").write_text(f"fine\nnot {text} fine\n")
    assert [violation.text for violation in run.check()[SECRETS_IN_LOGS].violations] == ["storage.log:2"]


def test_secret_in_the_log_of_postgres_is_found_and_quoted_rows_are_allowed(run: CorrectRun) -> None:
    with (run.logs / "postgres.log").open("a") as log:
        log.write(f"password {SECRETS[0]}\n")
    assert [violation.text for violation in run.check()[SECRETS_IN_LOGS].violations] == ["postgres.log:2"]


@pytest.mark.parametrize(
    "line", ['{"action": "defect"}', '{"action": "job_abandoned"}', "Traceback (most recent call last):"]
)
def test_defect_in_a_log_of_a_processor_is_found(run: CorrectRun, line: str) -> None:
    (run.logs / "processor-2.log").write_text(f"{line}\n")
    assert run.failed() == {DEFECTS}


def test_expected_result_of_an_unfinished_job_follows_its_ledger(run: CorrectRun) -> None:
    """A cancelled job keeps exactly the rows of its chunks; an atomic job none, and late rejections all or none."""
    file = generated_file.generate(run.jobs[0].spec, MARK)
    whole, part = oracle.expected_result(file), oracle.expected_result(file, [range(1, 101)])
    assert (part.records, len(part.rejections)) == (100, sum(number <= 100 for number in file.codes))
    assert part.accepted.rows == part.records - part.skipped - len(part.rejections)
    rest = oracle.expected_result(file, [range(101, whole.records + 1)])
    assert part.accepted.low + rest.accepted.low == whole.accepted.low

    job = SubmittedJob(spec(2, "keyed", atomic=True), whole)
    data = snapshot.read(run.conn)
    second = run.jobs[1].spec.id
    in_file = oracle.expected_result(generated_file.generate(job.spec, MARK)).rejections
    late = sum(code in TABLE_CODES for _, _, code in in_file)
    assert late > 0
    for late_recorded in (0, late):
        recorded = len(in_file) - late + late_recorded
        cancelled = replace(data.jobs[second], status="cancelled", rows_rejected=recorded)
        expected = job.expected_result(cancelled, data.chunks[second], MARK)
        assert expected.accepted.rows == 0
        assert sum(code in TABLE_CODES for _, _, code in expected.rejections) == late_recorded
        assert expected.records == expected.skipped + len(expected.rejections)


def test_seed_determines_the_run() -> None:
    """The jobs, their files and the faults are the same at every call, and differ for another seed."""

    def generate(seed: int) -> tuple[object, ...]:
        endless = job_specs(seed)
        some = [next(endless) for _ in range(20)]
        smallest = min(some, key=lambda job_spec: job_spec.rows)
        return some, generated_file.generate(smallest, MARK), schedule_faults(seed, 60, 3)

    assert generate(1) == generate(1)
    assert generate(1) != generate(2)
