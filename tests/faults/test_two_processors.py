"""Two processors on one database divide the jobs by their claims."""

from __future__ import annotations

from uuid import UUID

from tests.faults.files import Case, make_csv
from tests.faults.harness import FaultStack
from tests.faults.phases import CLAIM_LOCK, MIDDLE

ANA, BIA = UUID(int=10), UUID(int=11)


def test_two_processors_with_one_slot_hold_one_job_each(stack: FaultStack) -> None:
    for _ in range(2):
        stack.processor(max_jobs=1)
    with stack.gate(MIDDLE) as gate:
        cases = [stack.insert(stack.table(MIDDLE)) for _ in range(2)]
        gate.wait_for("copy%", 2)
        leases = stack.sql("select worker from importer.job_leases")
        assert len({lease["worker"] for lease in leases}) == 2
    assert [stack.ended(case)["attempts"] for case in cases] == [1, 1]


def test_two_processors_load_each_chunk_of_many_jobs_once(stack: FaultStack) -> None:
    processors = [stack.processor(max_jobs=2) for _ in range(2)]
    cases = [stack.insert(stack.table(), make_csv(1500)) for _ in range(8)]
    for case in cases:
        stack.completed(case)
        assert stack.events(case) == ["pending", "running", "completed"]
    started = [record["job_id"] for processor in processors for record in processor.logged("job_started")]
    assert sorted(started) == sorted(str(case.job) for case in cases)


def owned(stack: FaultStack, owner: UUID) -> Case:
    """Insert a job of a user, who owns the file and may write to the target."""
    table = stack.table(MIDDLE)
    stack.sql(f"grant insert on public.{table} to authenticated")
    data = make_csv(2500)
    path = stack.files.upload(data, f"{owner}/{table}.csv")
    return stack.insert(table, data, created_by=owner, object_path=path)


def test_owners_take_turns(stack: FaultStack) -> None:
    for _ in range(2):
        stack.processor(max_jobs=1)
    with stack.gate(MIDDLE) as gate:
        with stack.hold(CLAIM_LOCK):
            owners = [ANA, ANA, ANA, BIA]
            cases = [owned(stack, owner) for owner in owners]
        gate.wait_for("copy%", 2)
        running = {lease["job_id"] for lease in stack.sql("select job_id from importer.job_leases")}
        assert running == {cases[0].job, cases[3].job}
    for case in cases:
        stack.ended(case)
