"""The chaos checker must fail for every thing that may not be: each is planted once into what an honest run left."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from tests.chaos import checker, oracle, rows, tables
from tests.chaos.facts import Facts
from tests.chaos.line import Line
from tests.chaos.sampler import LOOK, Lease, Seen, Sight
from tests.chaos.schedule import troubles
from tests.chaos.spec import Spec, specs
from tests.chaos.task import LATE, Task
from tests.conftest import Database

MARK = "mark-of-the-tests"
SECRETS = ("sb_secret_of_the_tests",)
CONTENT = "rows in the targets are the accepted rows, each exactly once, by content"
COUNTS = "rows_read = loaded + rejected + skipped = the records in the file"
REJECTED = "rejected rows are the bad ones, with record, line and code"
LEDGER = "the ledger has every byte once, and the counts of the job"
ENDED = "every job ended, and for the reason it must"
ATTEMPTS = "no attempt over the limit"
LEASES = "never two live leases"
HOLDERS = "every ledger entry is of the attempt that held the lease"
CANCELLED = "cancelled jobs stay cancelled, completed ones completed"
UNSEEN = "nothing of an all-or-nothing job is visible before its end"
STAGES = "no staging table left"
SILENT = "no secret and no value of a row in any log line"
DEFECTS = "no defect and no traceback in a processor's log"

CLAIM = "select importer.claim_jobs('honest', 10, 60)"
CHUNK = """
insert into importer.job_chunks (
  job_id, seq, byte_start, byte_end, next_line, next_record, rows_read, rows_loaded, rows_rejected, rows_skipped,
  attempt
) values (%s, 0, 0, %s, 1, %s, %s, %s, %s, %s, 1)
"""
ERROR = """
insert into public.import_job_errors (job_id, record_number, line_number, code, message) values (%s, %s, %s, %s, '')
"""
COMPLETE = """
update public.import_jobs set
  status = 'completed', rows_read = %s, rows_loaded = %s, rows_rejected = %s, rows_skipped = %s, chunks_done = 1
where id = %s
"""
INSERT = "insert into public.import_jobs (id, object_path, target, idempotency_key) values (%s, %s, %s, %s)"


def spec(source: int, table: str, *, atomic: bool = False) -> Spec:
    return replace(
        next(specs(source)),
        source=source,
        table=table,
        rows=400,
        bad=0.1,
        atomic=atomic,
        purpose="load",
        max_attempts=5,
    )


@dataclass
class Honest:
    """Jobs loaded as they should be, in one chunk each, with all that a processor leaves behind."""

    db: Database
    logs: Path
    tasks: list[Task] = field(default_factory=list)
    sight: Sight = field(default_factory=Sight)

    def __post_init__(self) -> None:
        self.conn = self.db.connect()
        tables.create(self.conn)
        (self.logs / "processor-1.log").write_text('{"action": "worker_started"}\n')
        (self.logs / "postgres.log").write_text(f"Failing row contains ({MARK})\n")
        for each in (spec(1, "plain"), spec(2, "keyed")):
            self.tasks.append(Task(each, oracle.expect(rows.make(each, MARK)), inserted=True))
            self.conn.execute(INSERT, (each.id, each.path, each.target, str(each.source)))
        self.conn.execute(CLAIM)
        with self.conn.cursor(row_factory=psycopg.rows.class_row(Seen)) as cursor:
            self.sight.take(cursor.execute(LOOK).fetchall())
        for task in self.tasks:
            self.load(task)

    def load(self, task: Task) -> None:
        made, due, job = rows.make(task.spec, MARK), task.expected, task.spec.id
        with self.conn.cursor() as cursor, cursor.copy(f"copy public.{task.spec.target} from stdin") as copy:
            for record in oracle.records(made.data):
                if record.fields and record.number not in made.codes:
                    copy.write_row([value or None for value in record.fields])
        with self.conn.cursor() as cursor:
            cursor.executemany(ERROR, [(job, *each) for each in due.rejected])
        counts = (due.records, due.accepted.rows, len(due.rejected), due.skipped)
        self.conn.execute(CHUNK, (job, len(made.data), due.records + 1, *counts))
        self.conn.execute(COMPLETE, (*counts, job))

    def check(self) -> dict[str, Line]:
        lines = checker.check(self.conn, self.tasks, MARK, self.sight, self.logs.glob("*.log"), SECRETS)
        return {line.name: line for line in lines}

    def failed(self) -> set[str]:
        return {name for name, line in self.check().items() if not line.holds}

    def lease(self) -> Lease:
        return next(each for each in self.sight.leases.values() if each.job_id == self.tasks[0].spec.id)


@pytest.fixture
def honest(db: Database, tmp_path: Path) -> Iterator[Honest]:
    run = Honest(db, tmp_path)
    yield run
    run.conn.close()


def test_honest_run_holds_everywhere(honest: Honest) -> None:
    lines = honest.check()
    assert {name: line.problems for name, line in lines.items() if not line.holds} == {}
    assert len(lines) == 13
    assert lines[CONTENT].counted == f"{sum(task.expected.accepted.rows for task in honest.tasks):,} rows of 2 jobs"


PLANTED = {
    "a doubled row": ("insert into chaos_plain select * from chaos_plain where n = 1", {CONTENT}),
    "a missing row": ("delete from chaos_plain where n = 1", {CONTENT}),
    "one row twice, another not at all": (
        "with gone as (delete from chaos_plain where n = 1) insert into chaos_plain select * from chaos_plain "
        "where n = (select max(n) from chaos_plain)",
        {CONTENT},
    ),
    "a changed cell": ("update chaos_keyed set amount = amount + 0.01 where n = 1", {CONTENT}),
    "an empty text for a null": (
        "update chaos_plain set note = '' where n = (select min(n) from chaos_plain where note is null)",
        {CONTENT},
    ),
    "a row of no job": ("insert into chaos_plain (source, n, label) values (99, 1, '')", {CONTENT}),
    "a wrong count": (
        "update import_jobs set rows_read = rows_read + 1, rows_loaded = rows_loaded + 1 where target = 'chaos_plain'",
        {COUNTS, LEDGER},
    ),
    "a loaded row that is counted as rejected": (
        "update import_jobs set rows_rejected = rows_rejected + 1, rows_loaded = rows_loaded - 1 "
        "where target = 'chaos_plain'",
        {COUNTS, LEDGER},
    ),
    "a rejected row that is not told": (
        "delete from import_job_errors where (job_id, record_number) in (select job_id, min(record_number) "
        "from import_job_errors group by job_id)",
        {REJECTED},
    ),
    "a rejected row with another code": (
        "update import_job_errors set code = 'IJ499' where code = 'IJ401'",
        {REJECTED},
    ),
    "a rejected row with another line": ("update import_job_errors set line_number = line_number + 1", {REJECTED}),
    "a gap in the ledger": (
        "insert into importer.job_chunks (job_id, seq, byte_start, byte_end, next_line, next_record, rows_read, "
        "rows_loaded, rows_rejected, rows_skipped, attempt, committed_at) select job_id, 2, byte_end + 5, "
        "byte_end + 9, next_line, next_record, 0, 0, 0, 0, attempt, committed_at from importer.job_chunks; "
        "update import_jobs set chunks_done = 2",
        {LEDGER},
    ),
    "a chunk of another attempt": ("update importer.job_chunks set attempt = 2", {HOLDERS}),
    "a chunk after the end": (
        "update importer.job_chunks set committed_at = committed_at + interval '1 hour'",
        {HOLDERS},
    ),
    "too many claims": (
        "insert into import_job_events (job_id, event, attempt, detail) "
        "select id, e, 1, jsonb_build_object('from', case e when 'running' then 'pending' else 'running' end) "
        "from import_jobs, generate_series(1, 6) as s, unnest(array['running', 'pending']) with ordinality as u (e, o) "
        "order by id, s, o",
        {ATTEMPTS, CANCELLED},
    ),
    "a claim within a claim": (
        "insert into import_job_events (job_id, event, attempt, detail) "
        "select id, 'running', s, jsonb_build_object('from', case s when 1 then 'completed' else 'running' end) "
        "from import_jobs, generate_series(1, 2) as s order by id, s",
        {LEASES},
    ),
    "a completed job that came back by itself": (
        "insert into import_job_events (job_id, event, attempt, detail) "
        'select id, \'pending\', 1, \'{"from": "completed", "by": "import_processor"}\' from import_jobs',
        {CANCELLED},
    ),
    "a staging table": ("create table importer.staging_00000000000000000000000000000000 ()", {STAGES}),
    "a value of a row in an event": (
        f"insert into import_job_events (job_id, event, attempt, detail) select id, 'told', 1, '{{\"m\": \"{MARK}\"}}' "
        "from import_jobs",
        {SILENT},
    ),
}


@pytest.mark.parametrize("name", PLANTED)
def test_planted_in_the_database_is_found(honest: Honest, name: str) -> None:
    statement, due = PLANTED[name]
    honest.conn.execute(statement)
    assert honest.failed() == due


def test_job_that_did_not_end_is_found(honest: Honest) -> None:
    extra = spec(3, "plain")
    honest.conn.execute(INSERT, (extra.id, extra.path, extra.target, "3"))
    honest.tasks.append(Task(extra, oracle.expect(rows.make(extra, MARK)), inserted=True))
    assert honest.check()[ENDED].problems[0].text == "still pending"


def test_confirmed_insert_that_is_gone_is_found(honest: Honest) -> None:
    extra = spec(3, "plain")
    honest.tasks.append(Task(extra, oracle.expect(rows.make(extra, MARK)), inserted=True))
    assert honest.failed() == {ENDED}


def test_failure_for_another_reason_is_found(honest: Honest) -> None:
    honest.tasks[0].spec = replace(honest.tasks[0].spec, purpose="limit")
    assert honest.failed() == {ENDED}


def test_confirmed_cancellation_that_is_gone_is_found(honest: Honest) -> None:
    honest.tasks[0].cancels = 1
    assert honest.failed() == {CANCELLED}


def test_second_lease_for_one_claim_is_found(honest: Honest) -> None:
    other = replace(honest.lease(), token=uuid4(), worker="another")
    honest.sight.leases[other.token] = other
    assert honest.failed() == {LEASES}


def test_lease_of_another_attempt_is_found(honest: Honest) -> None:
    lease = honest.lease()
    honest.sight.leases[lease.token] = replace(lease, attempt=7)
    assert honest.failed() == {LEASES}


def test_lease_taken_before_its_end_is_found(honest: Honest) -> None:
    lease = honest.lease()
    honest.sight.leases[lease.token] = replace(lease, expires_at=lease.expires_at + timedelta(hours=1))
    assert honest.failed() == set()
    honest.conn.execute(
        "update import_job_events set event = 'lease_lost', detail = '{}' where event = 'completed' and job_id = %s",
        (lease.job_id,),
    )
    honest.conn.execute(
        "insert into import_job_events (job_id, event, attempt, detail) "
        "values (%s, 'completed', 1, '{\"from\": \"running\"}')",
        (lease.job_id,),
    )
    assert honest.failed() == {LEASES}


def test_two_leases_in_one_look_are_found(honest: Honest) -> None:
    lease = honest.lease()
    seen = Seen(
        lease.job_id, "running", 1, lease.token, lease.worker, lease.attempt, lease.claimed_at, lease.expires_at
    )
    honest.sight.take([seen, seen])
    assert honest.failed() == {LEASES}


def test_lease_without_a_running_job_is_found(honest: Honest) -> None:
    lease = honest.lease()
    honest.sight.take([Seen(None, None, None, lease.token, "w", 1, lease.claimed_at, lease.expires_at)])
    assert honest.failed() == {LEASES}


def test_visible_row_of_an_unfinished_atomic_job_is_found(honest: Honest) -> None:
    honest.sight.visible.append("rows of job 1 before its end")
    assert honest.failed() == {UNSEEN}


@pytest.mark.parametrize("said", [SECRETS[0], MARK])
def test_secret_or_value_in_a_log_is_found(honest: Honest, said: str) -> None:
    (honest.logs / "storage.log").write_text(f"fine\nnot {said} fine\n")
    assert [problem.text for problem in honest.check()[SILENT].problems] == ["storage.log:2"]


def test_key_in_the_log_of_postgres_is_found_but_its_quoted_rows_are_its_own(honest: Honest) -> None:
    with (honest.logs / "postgres.log").open("a") as log:
        log.write(f"password {SECRETS[0]}\n")
    assert [problem.text for problem in honest.check()[SILENT].problems] == ["postgres.log:2"]


@pytest.mark.parametrize(
    "said", ['{"action": "defect"}', '{"action": "job_abandoned"}', "Traceback (most recent call last):"]
)
def test_defect_in_a_processors_log_is_found(honest: Honest, said: str) -> None:
    (honest.logs / "processor-2.log").write_text(f"{said}\n")
    assert honest.failed() == {DEFECTS}


def test_unfinished_job_is_due_what_its_ledger_says(honest: Honest) -> None:
    """A cancelled job keeps exactly the rows of its chunks, an all-or-nothing one none."""
    made = rows.make(honest.tasks[0].spec, MARK)
    whole, part = oracle.expect(made), oracle.expect(made, [range(1, 101)])
    assert (part.records, len(part.rejected)) == (100, sum(number <= 100 for number in made.codes))
    assert part.accepted.rows == part.records - part.skipped - len(part.rejected)
    rest = oracle.expect(made, [range(101, whole.records + 1)])
    assert part.accepted.low + rest.accepted.low == whole.accepted.low

    task = Task(spec(2, "keyed", atomic=True), whole)
    facts = checker.facts.read(honest.conn)
    second = honest.tasks[1].spec.id
    job = replace(facts.jobs[second], status="cancelled")
    due = task.due(job, facts.chunks[second], MARK)
    assert due.accepted.rows == 0
    assert not LATE & {code for _, _, code in due.rejected}
    assert due.records == due.skipped + len(due.rejected)
    assert isinstance(facts, Facts)


def test_one_seed_makes_one_run() -> None:
    """The jobs, their files and the faults are the same at every call, and others for another seed."""

    def drawn(seed: int) -> tuple[object, ...]:
        jobs = specs(seed)
        some = [next(jobs) for _ in range(20)]
        small = min(some, key=lambda each: each.rows)
        return some, rows.make(small, MARK), troubles(seed, 60, 3)

    assert drawn(1) == drawn(1)
    assert drawn(1) != drawn(2)
