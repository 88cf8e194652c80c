"""importer.drop_staging_table: the transaction that moves the staged rows drops their table."""

import pytest

from tests.integration.queue_harness import Claim, Queue, raises


@pytest.fixture
def claim(queue: Queue) -> Claim:
    queue.admin.execute("create schema app; create table app.people (name text)")
    queue.admin.execute("select importer.register_target('app.people')")
    claim = queue.running()
    queue.processor.execute("select importer.prepare_staging_table(%s, %s, '{name}')", [claim.id, claim.token])
    return claim


def finish(queue: Queue, claim: Claim) -> None:
    queue.processor.execute("select importer.drop_staging_table(%s, %s)", [claim.id, claim.token])


def is_there(queue: Queue, claim: Claim) -> bool:
    return queue.value("select to_regclass('importer.staging_' || %s) is not null", claim.id.hex)


def test_staging_table_is_dropped(queue: Queue, claim: Claim) -> None:
    finish(queue, claim)
    assert not is_there(queue, claim)


def test_rollback_restores_the_staging_table(queue: Queue, claim: Claim) -> None:
    with queue.processor.transaction(force_rollback=True):
        finish(queue, claim)
    assert is_there(queue, claim)


def test_staging_table_of_another_job_is_not_dropped(queue: Queue, claim: Claim) -> None:
    other = queue.running()
    queue.processor.execute("select importer.prepare_staging_table(%s, %s, '{name}')", [other.id, other.token])
    finish(queue, other)
    assert is_there(queue, claim)


def test_without_a_lease_ij103_is_raised(queue: Queue, claim: Claim) -> None:
    queue.expire(claim)
    with raises("IJ103"):
        finish(queue, claim)
    assert is_there(queue, claim)
