"""Rows that wait: importer.keep_waiting notes them, importer.settle_waiting enters them into ledger and counters."""

import pytest

from tests.integration.queue_harness import Claim, Queue, raises

TREE = """
create schema app;
create table app.tree (
  id integer primary key, up integer constraint up references app.tree,
  boss integer constraint boss references app.tree, other integer
);
create table app.other (id integer primary key);
alter table app.tree add foreign key (other) references app.other;
select importer.register_target('app.tree');
"""
SETTLE = """select importer.settle_waiting(
  job_id => %s, token => %s, seq => 0, waiting => %s, rows_loaded => %s, rows_rejected => 0, rows_skipped => 0,
  kept => 9
)"""


@pytest.fixture
def claim(queue: Queue) -> Claim:
    """A running job whose first chunk has one loaded record, and three that wait."""
    queue.admin.execute(TREE)
    claim = queue.running(target="tree")
    queue.open(claim)
    with queue.processor.transaction():
        queue.commit(claim, next_record=5)
        queue.processor.execute("select importer.keep_waiting(%s, %s, 0, 2, 1, %s)", [claim.id, claim.token, [2, 3, 4]])
    return claim


def waiting(queue: Queue, claim: Claim) -> list[tuple[object, ...]]:
    statement = "select seq, byte_start, byte_end, line, record, records from importer.waiting_chunks(%s, %s)"
    return queue.processor.execute(statement, [claim.id, claim.token]).fetchall()


def counters(queue: Queue, claim: Claim) -> tuple[int, int]:
    return queue.row(claim.id, "rows_read", "rows_loaded")


def test_waiting_records_are_in_no_counter(queue: Queue, claim: Claim) -> None:
    assert counters(queue, claim) == (1, 1)
    assert waiting(queue, claim) == [(0, 0, 10, 2, 1, [2, 3, 4])]


def test_settled_records_are_counted_and_the_others_go_on_waiting(queue: Queue, claim: Claim) -> None:
    queue.processor.execute(SETTLE, [claim.id, claim.token, [3], 2])
    assert counters(queue, claim) == (3, 3)
    assert waiting(queue, claim) == [(0, 0, 10, 2, 1, [3])]
    queue.processor.execute(SETTLE, [claim.id, claim.token, [], 1])
    assert waiting(queue, claim) == []
    queue.finish(claim, 4)
    assert queue.row(claim.id, "status", "rows_loaded") == ("completed", 4)


def test_counts_that_do_not_add_up_raise_ij902(queue: Queue, claim: Claim) -> None:
    with raises("IJ902"):
        queue.processor.execute(SETTLE, [claim.id, claim.token, [3], 1])
    assert waiting(queue, claim) == [(0, 0, 10, 2, 1, [2, 3, 4])]


@pytest.mark.parametrize("statement", [SETTLE, "select importer.waiting_chunks(%s, %s), %s::bigint[], %s"])
def test_without_a_lease_ij103_is_raised(queue: Queue, claim: Claim, statement: str) -> None:
    queue.expire(claim)
    with raises("IJ103"):
        queue.processor.execute(statement, [claim.id, claim.token, [3], 2])


def test_a_job_with_waiting_records_cannot_complete(queue: Queue, claim: Claim) -> None:
    with raises("IJ902"):
        queue.finish(claim, 4)


def test_a_retry_from_the_beginning_forgets_waiting_records(queue: Queue, claim: Claim) -> None:
    queue.admin.execute("update public.import_jobs set rows_read = 0, rows_loaded = 0")
    queue.fail(claim)
    queue.admin.execute("update public.import_jobs set status = 'pending'")
    assert queue.value("select count(*) from importer.waiting_records") == 0


def test_references_to_the_own_table_are_found_with_their_columns(queue: Queue, claim: Claim) -> None:
    statement = "select name, columns, referenced from importer.self_references(%s, %s)"
    references = queue.processor.execute(statement, [claim.id, claim.token]).fetchall()
    assert references == [("boss", ["boss"], ["id"]), ("up", ["up"], ["id"])]
