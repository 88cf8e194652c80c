"""importer.drop_staging_table: the staging table goes with the transaction that has moved its rows."""

import pytest

from tests.integration.queue_harness import Claim, Queue, refused


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


def test_stage_is_dropped(queue: Queue, claim: Claim) -> None:
    finish(queue, claim)
    assert not is_there(queue, claim)


def test_stage_comes_back_when_the_transaction_is_rolled_back(queue: Queue, claim: Claim) -> None:
    with queue.processor.transaction(force_rollback=True):
        finish(queue, claim)
    assert is_there(queue, claim)


def test_stage_of_another_job_stays(queue: Queue, claim: Claim) -> None:
    other = queue.running()
    queue.processor.execute("select importer.prepare_staging_table(%s, %s, '{name}')", [other.id, other.token])
    finish(queue, other)
    assert is_there(queue, claim)


def test_without_a_lease_it_is_refused(queue: Queue, claim: Claim) -> None:
    queue.lapse(claim)
    with refused("IJ103"):
        finish(queue, claim)
    assert is_there(queue, claim)
