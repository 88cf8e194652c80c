"""importer.commit_chunk: a chunk is in the target if and only if it is in the ledger."""

import psycopg
import pytest

from tests.integration.queue_harness import Claim, Queue, raises

REJECTION = {"record": 7, "line": 9, "column": "age", "code": "IJ403", "message": "not an integer", "raw": "Ana,x"}


@pytest.fixture
def claim(queue: Queue) -> Claim:
    queue.admin.execute("create schema app; create table app.people (name text)")
    queue.admin.execute("select importer.register_target('app.people')")
    claim = queue.running()
    queue.open(claim)
    return claim


def load(queue: Queue, claim: Claim, seq: int, name: str) -> None:
    """Load one row and commit its chunk in the same transaction, as the processor does."""
    with queue.processor.transaction():
        with queue.processor.cursor().copy("copy app.people (name) from stdin") as copy:
            copy.write_row([name])
        queue.commit(claim, seq)


def names(queue: Queue) -> list[str]:
    return [name for (name,) in queue.admin.execute("select name from app.people order by name")]


def test_commit_adds_to_the_counters(queue: Queue, claim: Claim) -> None:
    queue.commit(claim, 0, loaded=5, rejected=2, skipped=1)
    queue.commit(claim, 1, loaded=3)
    counters = queue.row(claim.id, "rows_read", "rows_loaded", "rows_rejected", "rows_skipped", "chunks_done")
    assert counters == (11, 8, 2, 1, 2)


def test_commit_moves_bytes_read_and_progress(queue: Queue, claim: Claim) -> None:
    queue.commit(claim, 0)
    assert queue.row(claim.id, "bytes_read", "progress") == (10, 10)


def test_commit_of_an_earlier_chunk_does_not_move_bytes_read_back(queue: Queue, claim: Claim) -> None:
    queue.commit(claim, 1)
    queue.commit(claim, 0)
    assert queue.row(claim.id, "bytes_read") == 20


def test_commit_writes_the_ledger_entry(queue: Queue, claim: Claim) -> None:
    queue.commit(claim, 0, loaded=5, rejected=2, skipped=1)
    entry = queue.admin.execute(
        "select seq, byte_start, byte_end, rows_read, rows_loaded, rows_rejected, rows_skipped, attempt"
        " from importer.job_chunks where job_id = %s",
        [claim.id],
    ).fetchall()
    assert entry == [(0, 0, 10, 8, 5, 2, 1, 1)]


def test_commit_writes_rejections(queue: Queue, claim: Claim) -> None:
    queue.commit(claim, 0, loaded=0, rejected=1, rejections=[REJECTION])
    rows = queue.admin.execute(
        "select record_number, line_number, column_name, code, message, raw from public.import_job_errors"
    ).fetchall()
    assert rows == [tuple(REJECTION.values())]


def test_record_with_several_invalid_columns_has_a_row_for_each_and_its_text_once(queue: Queue, claim: Claim) -> None:
    cells = [REJECTION, REJECTION | {"column": "born", "code": "IJ405"}, REJECTION | {"record": 9, "raw": "Bob,é\n"}]
    queue.commit(claim, 0, loaded=0, rejected=2, rejections=cells, kept=1)
    rows = queue.admin.execute(
        "select record_number, position, column_name, code, raw from public.import_job_errors order by 1, 2"
    ).fetchall()
    assert rows == [(7, 1, "age", "IJ403", "Ana,x"), (7, 2, "born", "IJ405", None)]
    all_cells = queue.processor.execute(
        "select record_number, position, code, raw from importer.read_rejections(%s, %s)", [claim.id, claim.token]
    ).fetchall()
    assert all_cells == [(7, 1, "IJ403", "Ana,x"), (7, 2, "IJ405", None), (9, 1, "IJ403", "Bob,é\n")]


def test_commit_counts_rejections_beyond_those_it_shows(queue: Queue, claim: Claim) -> None:
    queue.commit(claim, 0, loaded=0, rejected=5, rejections=[REJECTION])
    assert queue.row(claim.id, "rows_rejected") == 5


def test_second_commit_of_a_chunk_raises_23505_and_leaves_target_rows_unchanged(queue: Queue, claim: Claim) -> None:
    load(queue, claim, 0, "Ana")
    with raises("23505"):
        load(queue, claim, 0, "Ana")
    assert names(queue) == ["Ana"]
    assert queue.row(claim.id, "rows_read", "chunks_done") == (1, 1)


def test_old_token_is_refused_and_leaves_no_row(queue: Queue, claim: Claim) -> None:
    queue.release(claim)
    (successor,) = queue.claim()
    with raises("IJ103"):
        load(queue, claim, 0, "Late")
    assert names(queue) == []
    load(queue, successor, 0, "Ana")
    assert names(queue) == ["Ana"]


def test_expired_lease_is_refused_and_leaves_no_row(queue: Queue, claim: Claim) -> None:
    queue.expire(claim)
    with raises("IJ103"):
        load(queue, claim, 0, "Late")
    assert names(queue) == []
    assert queue.row(claim.id, "rows_read") == 0


def test_commit_after_cancellation_is_refused(queue: Queue, claim: Claim) -> None:
    queue.admin.execute("update public.import_jobs set status = 'cancelled'")
    with raises("IJ103"):
        queue.commit(claim, 0)
    assert queue.value("select count(*) from importer.job_chunks") == 0


def test_rows_that_do_not_add_up_are_refused(queue: Queue, claim: Claim) -> None:
    with raises("23514"):
        queue.commit(claim, loaded=5, rejected=2, skipped=1, rows_read=9)


def test_chunk_without_bytes_is_refused(queue: Queue, claim: Claim) -> None:
    with raises("23514"):
        queue.commit(claim, loaded=0, start=10, byte_end=10)


def test_sweep_skips_a_job_whose_commit_is_in_progress(queue: Queue) -> None:
    claim = queue.running()
    with queue.db.connect("import_processor") as loader, loader.transaction():
        queue.commit(claim, 0, conn=loader)
        loader.execute("select importer.renew_lease(%s, %s, -1)", [claim.id, claim.token])
        assert queue.sweep() == []
    assert queue.sweep() == [(claim.id, "lease_lost")]


def test_chunks_commit_in_any_order_on_several_connections(queue: Queue, claim: Claim) -> None:
    with queue.db.connect("import_processor") as second:
        queue.commit(claim, 1, conn=second)
    queue.commit(claim, 0)
    assert queue.row(claim.id, "chunks_done", "rows_read") == (2, 2)


def test_administrator_can_still_read_what_a_lost_processor_committed(queue: Queue, claim: Claim) -> None:
    load(queue, claim, 0, "Ana")
    queue.expire(claim)
    queue.sweep()
    assert names(queue) == ["Ana"]
    assert queue.row(claim.id, "status", "rows_loaded") == ("pending", 1)


def test_processor_may_not_write_the_ledger_itself(queue: Queue, claim: Claim) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        queue.processor.execute("delete from importer.job_chunks")
