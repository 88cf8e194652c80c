"""importer.rows_with_taken_key and rows_without_parent look up what their caller may not read, for a lease alone."""

from __future__ import annotations

from dataclasses import replace
from uuid import uuid4

import pytest

from processor.model import Job
from tests.integration.queue_harness import Queue, raises
from tests.integration.refusal_tables import CONTENT, SCHEMA, Case
from tests.integration.test_refused_rows import claimed

TABLE = f"""{SCHEMA}
create table app.t (id integer primary key, a integer, b text, c integer, p integer references app.parent);
insert into app.t (id) values (1), (2);
{CONTENT}
"""
STAGE = """create temporary table import_judged (id integer, p integer, "#record" bigint) on commit drop;
insert into import_judged values (1, 1, 0), (5, 9, 1), (5, 3, 2), (2, null, 3);
grant select on import_judged to postgres"""
TAKEN = """select importer.rows_with_taken_key(
  job_id => %s, token => %s, stage => 'pg_temp.import_judged', written => '{id,p}', key => %s, winners => '\\x0f',
  judged => %s
)"""
ORPHANS = """select importer.rows_without_parent(
  job_id => %s, token => %s, stage => 'pg_temp.import_judged', written => '{id,p}', reference => %s, judged => %s
)"""
NOT_PLAIN = {
    "index": "create index on import_judged (id)",
    "rule": "create rule r as on insert to import_judged do also select 1",
    "row security": "alter table import_judged enable row level security",
    "view": "alter table import_judged rename to other; create temporary view import_judged as select * from other; "
    "grant select on import_judged to postgres",
}


@pytest.fixture
def job(queue: Queue) -> Job:
    """A claimed job of an administrator."""
    return claimed(queue, Case(sql=TABLE, mode="insert", keys=(), options={}, as_user=False, rows=()))


def key(queue: Queue) -> int:
    """Return the OID of the primary key."""
    return queue.admin.execute("select 'app.t_pkey'::regclass::oid").fetchone()[0]


def reference(queue: Queue) -> int:
    """Return the OID of the foreign key."""
    return queue.admin.execute("select oid from pg_constraint where conname = 't_p_fkey'").fetchone()[0]


def rows(answer: bytes | None) -> set[int]:
    """Return the numbers of an answer."""
    text = answer or b""
    return {int.from_bytes(text[at : at + 8]) for at in range(0, len(text), 8)}


def asked(queue: Queue, statement: str, job: Job, rule: int, judged: bytes, *, change: str = "") -> set[int]:
    """Return the rows that a function names of a stage of four rows."""
    with queue.processor.transaction():
        queue.processor.execute(STAGE + ";" + change)  # pyright: ignore[reportArgumentType]
        answer = queue.processor.execute(statement, (job.id, job.token, rule, judged)).fetchone()[0]
    return rows(answer)


def test_rows_whose_key_is_in_the_table_or_earlier_in_the_stage(queue: Queue, job: Job) -> None:
    assert asked(queue, TAKEN, job, key(queue), b"\x0f") == {0, 2, 3}
    assert asked(queue, TAKEN, job, key(queue), b"\x0c") == {2, 3}


def test_rows_without_parent(queue: Queue, job: Job) -> None:
    assert asked(queue, ORPHANS, job, reference(queue), b"\x0f") == {1}
    assert asked(queue, ORPHANS, job, reference(queue), b"\x05") == set()


@pytest.mark.parametrize("statement", [TAKEN, ORPHANS], ids=["keys", "parents"])
def test_nothing_is_said_without_the_lease(queue: Queue, job: Job, statement: str) -> None:
    rule = key(queue) if statement == TAKEN else reference(queue)
    with raises("IJ103"):
        asked(queue, statement, replace(job, token=uuid4()), rule, b"\x0f")


@pytest.mark.parametrize("change", NOT_PLAIN)
@pytest.mark.parametrize("statement", [TAKEN, ORPHANS], ids=["keys", "parents"])
def test_a_stage_that_could_execute_code_is_not_read(queue: Queue, job: Job, statement: str, change: str) -> None:
    rule = key(queue) if statement == TAKEN else reference(queue)
    with raises("IJ503"):
        asked(queue, statement, job, rule, b"\x0f", change=NOT_PLAIN[change])


def test_a_key_of_another_table_is_not_looked_up(queue: Queue, job: Job) -> None:
    other = queue.admin.execute("select 'app.parent_pkey'::regclass::oid").fetchone()[0]
    with raises("P0002"):
        asked(queue, TAKEN, job, other, b"\x0f")


OWN = """alter table app.t add constraint own foreign key (a) references app.t;
insert into app.t (id, a) values (7, 7)"""
RELATIVES = """select importer.rows_before_their_parent(
  job_id => %s, token => %s, stage => 'pg_temp.import_judged', written => '{id,a}',
  reference => (select oid from pg_constraint where conname = %s), winners => %s, judged => %s
)::text"""
#: (id, a): refers to a row of the table, to one that comes later, to none, to itself, to one that is there twice.
FAMILY = """create temporary table import_judged (id integer, a integer, "#record" bigint) on commit drop;
insert into import_judged values (3, 7, 0), (4, 5, 1), (5, 9, 2), (6, 6, 3), (5, null, 4), (8, 4, 5);
grant select on import_judged to postgres"""


def relatives(queue: Queue, job: Job, winners: bytes | None, judged: bytes | None, key: str = "own") -> list[str]:
    queue.admin.execute(OWN)
    with queue.processor.transaction():
        queue.processor.execute(FAMILY)
        return sorted(row for (row,) in queue.processor.execute(RELATIVES, (job.id, job.token, key, winners, judged)))


def test_rows_before_their_parent_have_the_first_and_the_last_winner_that_is_it(queue: Queue, job: Job) -> None:
    assert relatives(queue, job, None, None) == ["(1,2,4)", "(2,,)", "(5,1,1)"]


def test_only_winners_are_parents_and_only_judged_rows_are_asked_about(queue: Queue, job: Job) -> None:
    assert relatives(queue, job, b"\x10", b"\x22") == ["(1,4,4)", "(5,,)"]


def test_relatives_are_not_told_of_another_reference_or_without_the_lease(queue: Queue, job: Job) -> None:
    with raises("P0002"):
        relatives(queue, job, None, None, "t_p_fkey")
    queue.admin.execute("alter table app.t drop constraint own; delete from app.t where id = 7")
    with raises("IJ103"):
        relatives(queue, replace(job, token=uuid4()), None, None)
