"""import_jobs.expected_sha256: a job may name the file that is meant."""

import pytest

from processor.queue import claims
from tests.integration.queue_harness import OWNER, Queue, raises

SHA = "5e" * 32
INSERT = "insert into public.import_jobs (object_path, target, expected_sha256) values (%s, 'people', %s)"


def claimed(queue: Queue) -> str | None:
    """Claim the only job; return the digest that the claim gives."""
    (job,) = claims.claim(queue.processor, "test", 1, 45, 0)
    return job.expected_sha256


def test_digest_is_given_with_the_claim(queue: Queue) -> None:
    queue.insert(expected_sha256=SHA)
    assert claimed(queue) == SHA


def test_job_without_a_digest_takes_any_file(queue: Queue) -> None:
    queue.insert()
    assert claimed(queue) is None


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
