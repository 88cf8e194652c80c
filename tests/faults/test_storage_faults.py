"""Storage fails, stalls, breaks off, ignores Range or has another file: the download continues or ends with a code."""

from __future__ import annotations

import pytest

from tests.faults.files import make_csv
from tests.faults.harness import SHORT_LEASE, FaultStack
from tests.faults.phases import PHASES
from tests.faults.proxies.storage_fault import Fault
from tests.waiting import until

FIRST_TRY = ["pending", "running", "completed"]
WITHIN_THE_ATTEMPT = {
    "503": [Fault(kind="status", status=503, remaining=2)],
    "429": [Fault(kind="status", status=429, retry_after=1)],
    "slow": [Fault(kind="slow", bytes_per_second=400_000)],
    "truncated": [Fault(kind="truncate", after_bytes=150_000)],
    "truncated_twice": [Fault(kind="truncate", after_bytes=50_000, remaining=2)],
    "empty": [Fault(kind="truncate", after_bytes=0)],
    "truncated_and_without_range": [
        Fault(kind="truncate", after_bytes=150_000),
        Fault(kind="ignore_range", remaining=None),
    ],
}


@pytest.mark.parametrize("fault", WITHIN_THE_ATTEMPT)
def test_storage_fault_costs_no_attempt(stack: FaultStack, fault: str) -> None:
    stack.processor()
    table = stack.table()
    for storage_fault in WITHIN_THE_ATTEMPT[fault]:
        stack.storage.add(storage_fault)
    case = stack.insert(table)
    stack.completed(case)
    assert stack.events(case) == FIRST_TRY


def test_reset_during_the_download_costs_no_attempt(stack: FaultStack) -> None:
    stack.processor()
    with PHASES["mid_download"](stack) as case:
        assert stack.storage_line.reset() > 0
    stack.completed(case)
    assert stack.events(case) == FIRST_TRY


@pytest.mark.parametrize("phase", ["after_claim", "mid_download"])
def test_lease_is_renewed_while_storage_does_not_respond(stack: FaultStack, phase: str) -> None:
    stack.processor(lease=SHORT_LEASE)
    with PHASES[phase](stack) as case:
        lease = stack.lease(case)
        assert lease is not None
        until(
            lambda: stack.sql("select clock_timestamp() > %s as over", lease["expires_at"])[0]["over"],
            "the time at which the first lease would have ended",
        )
        renewed = stack.lease(case)
        assert renewed is not None
        assert (renewed["token"], renewed["expires_at"] > lease["expires_at"]) == (lease["token"], True)
    stack.completed(case)
    assert stack.events(case) == FIRST_TRY


def test_storage_that_does_not_recover_fails_the_attempt_and_not_the_job(stack: FaultStack) -> None:
    stack.processor()
    stack.storage.add(Fault(kind="status", status=503, remaining=None))
    case = stack.insert(stack.table())
    until(lambda: "retry_scheduled" in stack.events(case), lambda: stack.events(case))
    (scheduled,) = stack.sql(
        "select detail from public.import_job_events where job_id = %s and event = 'retry_scheduled'", case.job
    )
    assert scheduled["detail"]["error_code"] == "IJ203"
    stack.storage.clear()
    stack.completed(case)


def test_another_etag_within_the_attempt_fails_the_job(stack: FaultStack) -> None:
    stack.processor()
    stack.storage.add(Fault(kind="truncate", after_bytes=300_000))
    stack.storage.add(Fault(kind="etag"))
    job = stack.ended(stack.insert(stack.table(), make_csv(10_000)))
    assert (job["status"], job["error_code"], job["attempts"]) == ("failed", "IJ204", 1)


@pytest.mark.parametrize("other", ["of_another_size", "of_the_same_size"])
def test_another_file_at_the_next_attempt_fails_the_job(stack: FaultStack, other: str) -> None:
    victim = stack.processor(lease=SHORT_LEASE)
    with PHASES["mid_copy"](stack) as case:
        victim.kill()
    changed = case.data.replace(b"comma", b"COMMA") if other == "of_the_same_size" else make_csv(2501)
    stack.files.upload(changed, case.path)
    stack.processor()
    job = stack.ended(case)
    assert (job["status"], job["error_code"], job["chunks_done"]) == ("failed", "IJ204", 2)


def test_resumed_download_discards_committed_bytes_when_storage_ignores_range(stack: FaultStack) -> None:
    victim = stack.processor(lease=SHORT_LEASE)
    with PHASES["mid_copy"](stack) as case:
        victim.kill()
    stack.storage.add(Fault(kind="ignore_range", remaining=None))
    stack.processor()
    stack.completed(case)
    assert stack.attempts(case) == [1, 1, 2, 2, 2]
