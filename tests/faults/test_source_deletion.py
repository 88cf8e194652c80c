"""A source that Storage does not delete does not fail its job, and is deleted later."""

from __future__ import annotations

import httpx
import pytest

from tests.faults.harness import FaultStack
from tests.faults.proxies.storage_fault import Fault
from tests.waiting import until

FAULTS = {
    "unavailable": (Fault(kind="status", status=503, method="DELETE", remaining=None), "IJ203"),
    "too_many": (Fault(kind="status", status=429, method="DELETE", remaining=None), "IJ203"),
    "forbidden": (Fault(kind="status", status=403, method="DELETE", remaining=None), "IJ202"),
    "no_answer": (Fault(kind="truncate", after_bytes=0, method="DELETE", remaining=None), "IJ203"),
}


def is_stored(stack: FaultStack, path: str) -> bool:
    """Return whether the file is in the bucket, as Storage says past all proxies."""
    try:
        stack.files.download(path)
    except httpx.HTTPStatusError as exc:
        if exc.response.json()["statusCode"] != "404":
            raise
        return False
    return True


@pytest.mark.parametrize("name", FAULTS)
def test_source_that_could_not_be_deleted_is_deleted_later(stack: FaultStack, name: str) -> None:
    fault, code = FAULTS[name]
    processor = stack.processor()
    stack.storage.add(fault)
    case = stack.insert(stack.table(), options={"delete_source": True})
    stack.completed(case)
    # The first attempt is made at the end of the job, the second by the timer.
    until(lambda: len(processor.logged("source_not_deleted")) >= 2, processor.log_text)
    assert {record["code"] for record in processor.logged("source_not_deleted")} == {code}
    job = stack.job(case.job)
    assert (job["status"], job["error_code"], job["source_deleted_at"]) == ("completed", None, None)
    assert is_stored(stack, case.path) or name == "no_answer"  # in that case Storage deletes it and its answer is lost
    stack.storage.clear()
    until(lambda: stack.job(case.job)["source_deleted_at"], processor.log_text)
    assert not is_stored(stack, case.path)
    assert stack.events(case) == ["pending", "running", "completed"]
