"""importer.commit_file: the only chunk of a file is committed, and its job completed, in one statement."""

from uuid import uuid4

import pytest
from psycopg.types.json import Jsonb

from processor.queue.whole_files import COMMIT_FILE
from tests.integration.queue_harness import OWNER, Claim, Queue, raises


def commit_file(queue: Queue, claim: Claim, token: object = None) -> None:
    """Commit a file of 30 bytes with three records, of which the mode has skipped one."""
    arguments = {
        "job_id": claim.id,
        "token": token or claim.token,
        "etag": "e1",
        "size": 30,
        "dialect": Jsonb({"delimiter": ";"}),
        "byte_start": 5,
        "byte_end": 30,
        "next_line": 5,
        "next_record": 4,
        "rows_loaded": 2,
        "rows_skipped": 1,
        "chunk_bytes": 8,
        "preview": Jsonb([{"name": "Ana"}]),
        "sha256": "00",
        "report": Jsonb({"seconds": 1}),
    }
    queue.processor.execute(COMMIT_FILE, arguments)


def test_job_is_completed_with_all_that_its_row_says_of_a_file(queue: Queue) -> None:
    claim = queue.running()
    commit_file(queue, claim)
    assert queue.row(claim.id, "status", "phase", "progress", "attempts") == ("completed", None, 100, 1)
    counters = queue.row(claim.id, "rows_read", "rows_loaded", "rows_rejected", "rows_skipped")
    assert counters == (3, 2, 0, 1)
    assert queue.row(claim.id, "bytes_read", "bytes_total", "chunks_done", "total_chunks") == (30, 30, 1, 1)
    assert queue.row(claim.id, "file_etag", "file_sha256", "dialect") == ("e1", "00", {"delimiter": ";"})
    assert queue.row(claim.id, "preview", "report") == ([{"name": "Ana"}], {"seconds": 1})
    assert queue.events(claim.id) == ["pending", "running", "completed"]
    assert queue.value("select count(*) from importer.job_leases") == 0


def test_chunk_is_in_the_ledger(queue: Queue) -> None:
    claim = queue.running()
    commit_file(queue, claim)
    entries = queue.admin.execute(
        "select seq, byte_start, byte_end, next_line, next_record, rows_read, rows_loaded, rows_rejected, rows_skipped,"
        " chunk_bytes, attempt from importer.job_chunks where job_id = %s",
        [claim.id],
    ).fetchall()
    assert entries == [(0, 5, 30, 5, 4, 3, 2, 0, 1, 8, 1)]


def test_another_token_is_refused(queue: Queue) -> None:
    claim = queue.running()
    with raises("IJ103"):
        commit_file(queue, claim, uuid4())
    assert queue.row(claim.id, "status") == "running"


def test_lease_that_has_expired_is_refused(queue: Queue) -> None:
    claim = queue.running()
    queue.expire(claim)
    with raises("IJ103"):
        commit_file(queue, claim)


def test_cancelled_job_is_not_completed(queue: Queue) -> None:
    claim = queue.running()
    queue.admin.execute("update public.import_jobs set status = 'cancelled' where id = %s", [claim.id])
    with raises("IJ103"):
        commit_file(queue, claim)
    assert queue.row(claim.id, "status", "rows_read") == ("cancelled", 0)


@pytest.mark.parametrize(("chunks", "code"), [(0, "IJ902"), (1, "23505")])
def test_file_that_is_open_already_is_refused(queue: Queue, chunks: int, code: str) -> None:
    claim = queue.running()
    queue.open(claim)
    for seq in range(chunks):
        queue.commit(claim, seq)
    with raises(code):
        commit_file(queue, claim)
    assert queue.row(claim.id, "status", "chunks_done") == ("running", chunks)


@pytest.mark.parametrize(("owner", "following"), [(None, 8), (OWNER, 1)])
def test_sequence_is_advanced_for_the_service_alone(queue: Queue, owner: object, following: int) -> None:
    queue.admin.execute("create schema app; create table app.items (id serial primary key, name text)")
    queue.admin.execute("select importer.register_target('app.items', 'items')")
    path = f"{owner}/a.csv" if owner else "a.csv"
    claim = queue.running(target="items", created_by=owner, object_path=path)
    queue.admin.execute("insert into app.items (id) values (7)")
    commit_file(queue, claim)
    assert queue.value("select nextval('app.items_id_seq')") == following
