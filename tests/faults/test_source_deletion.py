"""A file that Storage does not delete does not fail its job, and is deleted on a later round."""

from __future__ import annotations

import httpx
import pytest

from tests.faults.harness import FaultStack
from tests.faults.proxies.storage_fault import Fault
from tests.waiting import until

FAULTS = {
    "unavailable": (Fault(kind="status", status=503, method="DELETE", remaining=None), "IJ203"),
    "too_many": (Fault(kind="status", status=429, method="DELETE", remaining=None), "IJ203"),
    "refused": (Fault(kind="status", status=403, method="DELETE", remaining=None), "IJ202"),
    "no_answer": (Fault(kind="truncate", after_bytes=0, method="DELETE", remaining=None), "IJ203"),
}


def stored(stack: FaultStack, path: str) -> bool:
    """Tell whether the file is in the bucket, asked past all proxies."""
    url = f"{stack.local.state.supabase_url}/storage/v1/object/imports/{path}"
    answer = httpx.get(url, headers={"apikey": stack.local.state.secret_key})
    assert answer.status_code == 200 or answer.json()["statusCode"] == "404"
    return answer.status_code == 200


@pytest.mark.parametrize("name", FAULTS)
def test_source_that_could_not_be_deleted_is_deleted_later(stack: FaultStack, name: str) -> None:
    fault, code = FAULTS[name]
    processor = stack.processor()
    stack.storage.add(fault)
    case = stack.insert(stack.table(), options={"delete_source": True})
    stack.completed(case)
    # The first time at the job's end, then on a round of its own.
    until(lambda: len(processor.logged("source_not_deleted")) >= 2, processor.said)
    assert {record["code"] for record in processor.logged("source_not_deleted")} == {code}
    job = stack.job(case.job)
    assert (job["status"], job["error_code"], job["source_deleted_at"]) == ("completed", None, None)
    assert stored(stack, case.path) or name == "no_answer"  # there Storage did it, and could not say so
    stack.storage.clear()
    until(lambda: stack.job(case.job)["source_deleted_at"], processor.said)
    assert not stored(stack, case.path)
    assert stack.events(case) == ["pending", "running", "completed"]
