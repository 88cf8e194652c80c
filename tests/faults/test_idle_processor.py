"""`serve --exit-when-idle`: the processor ends by itself, never while a job is left, and its last bell is not lost."""

from __future__ import annotations

import signal
import time

from tests.faults.harness import FaultStack
from tests.faults.phases import PHASES
from tests.faults.processors import Processor, listens
from tests.waiting import until

# Seconds without a job until the end, and how long a job takes during which the processor must not end.
IDLE, LONGER = 1, 1.8


def check_ended(processor: Processor) -> None:
    """Return when the processor has ended by itself, in order."""
    assert processor.wait() == 0
    assert processor.logged("worker_idle")[-1]["seconds"] == IDLE
    assert len(processor.logged("worker_started")) == len(processor.logged("worker_stopped"))
    assert not listens(processor.port)


def test_processor_ends_when_the_last_job_has_ended(stack: FaultStack) -> None:
    later = stack.insert(stack.table(), run_after="2099-01-01")
    processor = stack.processor("--exit-when-idle", str(IDLE))
    with PHASES["mid_copy"](stack) as case:
        time.sleep(LONGER)
        assert processor.process.alive
        assert processor.logged("worker_idle") == []
    assert stack.completed(case)["attempts"] == 1
    check_ended(processor)
    assert stack.events(case) == ["pending", "running", "completed"]
    assert stack.events(later) == ["pending"]


def test_job_that_comes_after_the_decision_is_not_lost(stack: FaultStack) -> None:
    processor = stack.processor("--exit-when-idle", str(IDLE))
    until(lambda: processor.logged("worker_idle"), processor.log_text)
    # It is stopped within milliseconds of the decision, before its server has closed, or else it has ended.
    processor.send(signal.SIGSTOP)
    case = stack.insert(stack.table())
    assert stack.events(case) == ["pending"]
    processor.resume()
    check_ended(processor)
    if stack.job(case.job)["status"] == "pending":
        assert (stack.job(case.job)["attempts"], processor.logged("job_started")) == (0, [])
        check_ended(stack.processor("--exit-when-idle", str(IDLE)))
    else:
        assert len(processor.logged("work_came")) == 1
    assert (stack.job(case.job)["status"], stack.job(case.job)["attempts"]) == ("completed", 1)
    assert stack.events(case) == ["pending", "running", "completed"]
