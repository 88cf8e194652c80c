"""importer.keep_preview: the whole preview is replaced."""

from psycopg.types.json import Jsonb

from tests.integration.queue_harness import Claim, Queue, raises


def keep(queue: Queue, claim: Claim, rows: list[dict[str, object]]) -> None:
    queue.processor.execute("select importer.keep_preview(%s, %s, %s)", [claim.id, claim.token, Jsonb(rows)])


def test_preview_is_replaced(queue: Queue) -> None:
    claim = queue.running()
    keep(queue, claim, [{"id": "1"}, {"id": "2"}])
    keep(queue, claim, [{"id": "2"}])
    assert queue.row(claim.id, "preview") == [{"id": "2"}]


def test_without_a_lease_the_preview_is_unchanged(queue: Queue) -> None:
    claim = queue.running()
    keep(queue, claim, [{"id": "1"}])
    queue.expire(claim)
    with raises("IJ103"):
        keep(queue, claim, [])
    assert queue.row(claim.id, "preview") == [{"id": "1"}]


def test_retry_of_an_all_or_nothing_job_clears_the_preview(queue: Queue) -> None:
    claim = queue.running(options=Jsonb({"atomic": True}))
    queue.open(claim)
    queue.commit(claim)
    keep(queue, claim, [{"id": "1"}])
    queue.fail(claim)
    queue.admin.execute("update public.import_jobs set status = 'pending' where id = %s", [claim.id])
    assert queue.row(claim.id, "preview", "rows_read") == (None, 0)


def test_retry_of_a_job_with_loaded_rows_keeps_the_preview(queue: Queue) -> None:
    claim = queue.running()
    queue.open(claim)
    queue.commit(claim)
    keep(queue, claim, [{"id": "1"}])
    queue.fail(claim)
    queue.admin.execute("update public.import_jobs set status = 'pending' where id = %s", [claim.id])
    assert queue.row(claim.id, "preview", "rows_read") == ([{"id": "1"}], 1)
