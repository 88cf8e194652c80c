"""importer.check_import_job_retry: what a retry may change, and whether it goes on or starts from the beginning."""

from uuid import UUID

import pytest
from psycopg.types.json import Jsonb

from tests.integration.queue_harness import OTHER, OWNER, Queue, raises

RETRY = "select (public.retry_import_job(%s, %s)).options"
CHANGEABLE = {
    "max_errors": 5000,
    "max_seconds": 60,
    "on_error": "skip",
    "output": True,
    "force": True,
    "delete_source": True,
}
FIXED = {
    "encoding": "cp1252",
    "delimiter": ";",
    "quote": "'",
    "has_header": False,
    "skip_lines": 1,
    "mapping": {"a": "b"},
    "unknown_columns": "error",
    "locale": "pt-BR",
    "date_formats": ["%d/%m/%Y"],
    "null_values": ["-"],
    "trim": True,
    "time_zone": "UTC",
    "atomic": True,
    "dry_run": True,
}


def failed(queue: Queue, *, loaded: int, rejected: int = 0, **columns: object) -> UUID:
    """Return a failed job with one committed chunk."""
    claim = queue.running(created_by=OWNER, **columns)
    queue.open(claim)
    queue.commit(claim, loaded=loaded, rejected=rejected)
    queue.fail(claim, code="IJ420")
    return claim.id


def retry(queue: Queue, job: UUID, options: dict[str, object]) -> dict[str, object]:
    """Retry the job as its owner; return its options."""
    with queue.user(OWNER) as conn:
        return conn.execute(RETRY, [job, Jsonb(options)]).fetchone()[0]


@pytest.mark.parametrize("name", CHANGEABLE)
def test_option_that_does_not_say_how_to_read_changes_while_rows_are_in_the_target(queue: Queue, name: str) -> None:
    job = failed(queue, loaded=3, rejected=2, options=Jsonb({"delimiter": ";"}))
    assert retry(queue, job, {name: CHANGEABLE[name]}) == {"delimiter": ";", name: CHANGEABLE[name]}
    assert queue.row(job, "status", "rows_loaded", "rows_rejected", "chunks_done") == ("pending", 3, 2, 1)


@pytest.mark.parametrize("name", FIXED)
def test_option_that_says_how_to_read_does_not_change_while_rows_are_in_the_target(queue: Queue, name: str) -> None:
    job = failed(queue, loaded=3)
    with raises("IJ102") as caught:
        retry(queue, job, {"max_errors": 1, name: FIXED[name]})
    assert f'option "{name}"' in caught.value.diag.message_primary
    assert queue.row(job, "status", "options") == ("failed", {})


@pytest.mark.parametrize("name", [*CHANGEABLE, *FIXED])
def test_every_option_changes_while_no_row_is_in_the_target(queue: Queue, name: str) -> None:
    job = failed(queue, loaded=0, rejected=5)
    options = {name: (CHANGEABLE | FIXED)[name]}
    assert retry(queue, job, options) == options


def test_option_with_its_present_value_is_no_change(queue: Queue) -> None:
    job = failed(queue, loaded=1, options=Jsonb({"delimiter": ";"}))
    assert retry(queue, job, {"delimiter": ";", "max_errors": 7}) == {"delimiter": ";", "max_errors": 7}


@pytest.mark.parametrize("options", [{"max_errors": "many"}, {"no_such_option": 1}, [1], "text", 5])
@pytest.mark.parametrize("loaded", [0, 3])
def test_invalid_options_are_refused(queue: Queue, options: object, loaded: int) -> None:
    job = failed(queue, loaded=loaded)
    with queue.user(OWNER) as conn, raises("IJ102"):
        conn.execute(RETRY, [job, Jsonb(options)])
    assert queue.row(job, "status") == "failed"


def test_null_removes_an_option(queue: Queue) -> None:
    job = failed(queue, loaded=0, options=Jsonb({"quote": "'", "trim": True}))
    assert retry(queue, job, {"quote": None}) == {"trim": True}


def test_null_options_change_nothing(queue: Queue) -> None:
    job = failed(queue, loaded=3, options=Jsonb({"trim": True}))
    with queue.user(OWNER) as conn:
        assert conn.execute(RETRY, [job, None]).fetchone() == ({"trim": True},)


def test_options_are_those_of_this_retry_alone(queue: Queue) -> None:
    first, second = failed(queue, loaded=3), failed(queue, loaded=3)
    with queue.user(OWNER) as conn, conn.transaction():
        conn.execute(RETRY, [first, Jsonb({"max_errors": 9})])
        conn.execute("update public.import_jobs set status = 'pending' where id = %s", [second])
    assert (queue.row(first, "options"), queue.row(second, "options")) == ({"max_errors": 9}, {})


def test_nobody_retries_anothers_job_with_options(queue: Queue) -> None:
    job = failed(queue, loaded=3)
    with queue.user(OTHER) as conn, raises("IJ108"):
        conn.execute(RETRY, [job, Jsonb({"max_errors": 9})])
    assert queue.row(job, "status", "options") == ("failed", {})


@pytest.mark.parametrize("role", ["authenticated", "service_role"])
def test_client_does_not_update_the_options_itself(queue: Queue, role: str) -> None:
    job = failed(queue, loaded=3)
    with queue.user(OWNER) if role == "authenticated" else queue.db.connect(role) as conn, raises("42501"):
        conn.execute("update public.import_jobs set status = 'pending', options = '{}' where id = %s", [job])


def test_administrator_changes_options_in_the_same_update(queue: Queue) -> None:
    job = failed(queue, loaded=3)
    update = "update public.import_jobs set status = 'pending', options = %s where id = %s"
    with raises("IJ102"):
        queue.admin.execute(update, [Jsonb({"delimiter": ";"}), job])
    queue.admin.execute(update, [Jsonb({"max_errors": 9}), job])
    assert queue.row(job, "status", "options") == ("pending", {"max_errors": 9})


@pytest.mark.parametrize(
    ("loaded", "options", "chunks"), [(3, {}, 1), (0, {}, 0), (3, {"atomic": True}, 0), (3, {"dry_run": True}, 0)]
)
def test_job_goes_on_only_if_its_rows_are_in_the_target(
    queue: Queue, loaded: int, options: dict[str, object], chunks: int
) -> None:
    job = failed(queue, loaded=loaded, rejected=2, options=Jsonb(options))
    retry(queue, job, {})
    assert queue.row(job, "chunks_done") == chunks
    assert queue.value("select count(*) from importer.job_chunks where job_id = %s", job) == chunks
    assert (queue.row(job, "file_etag") is None) == (chunks == 0)


def test_replacing_job_stays_all_or_nothing(queue: Queue) -> None:
    queue.admin.execute("create schema app; create table app.people (a integer)")
    queue.admin.execute("select importer.register_target('app.people', name => 'people', mode => 'replace')")
    job = failed(queue, loaded=0)
    assert retry(queue, job, {"atomic": False}) == {"atomic": True}
