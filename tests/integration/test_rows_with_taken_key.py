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
