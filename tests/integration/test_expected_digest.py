"""import_jobs.expected_sha256, and importer.expected_digest: a job may name the file that is meant."""

from uuid import uuid4

import psycopg
import pytest

from tests.integration.queue_harness import OWNER, Claim, Queue, raises

SHA = "5e" * 32
INSERT = "insert into public.import_jobs (object_path, target, expected_sha256) values (%s, 'people', %s)"


def expected(conn: psycopg.Connection, claim: Claim, token: object = None) -> str | None:
    row = conn.execute("select importer.expected_digest(%s, %s)", [claim.id, token or claim.token]).fetchone()
    assert row is not None
    return row[0]


def test_digest_is_given_to_the_holder_of_the_lease(queue: Queue) -> None:
    claim = queue.running(expected_sha256=SHA)
    assert expected(queue.processor, claim) == SHA
    assert expected(queue.processor, claim, uuid4()) is None


def test_job_without_a_digest_takes_any_file(queue: Queue) -> None:
    assert expected(queue.processor, queue.running()) is None


def test_client_may_name_a_digest_in_capitals(queue: Queue) -> None:
    with queue.user() as conn:
        conn.execute(INSERT, [f"{OWNER}/a.csv", SHA.upper()])
    assert queue.value("select expected_sha256 from public.import_jobs") == SHA


@pytest.mark.parametrize("digest", ["", "5e", "5e" * 33, "xy" * 32, f" {SHA}", f"sha256:{SHA}"])
def test_anything_else_is_refused(queue: Queue, digest: str) -> None:
    with queue.user() as conn, raises("IJ107"):
        conn.execute(INSERT, [f"{OWNER}/a.csv", digest])


def test_client_may_not_change_it_later(queue: Queue) -> None:
    job = queue.insert(created_by=OWNER, expected_sha256=SHA)
    with queue.user() as conn, raises("42501"):
        conn.execute("update public.import_jobs set expected_sha256 = null where id = %s", [job])
