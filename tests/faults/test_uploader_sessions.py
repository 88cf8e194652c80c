"""Jobs of users, whose rows are written in sessions of import_uploader: faults end as those of other jobs do."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest

from tests.faults.files import Case, make_csv
from tests.faults.harness import SHORT_LEASE, FaultStack
from tests.faults.phases import MIDDLE
from tests.waiting import until

WRITERS = "select distinct usename from pg_stat_activity where application_name = %s"
MODES = pytest.mark.parametrize(
    ("options", "statement"), [({}, "copy%"), ({"atomic": True}, "insert into%")], ids=["insert", "atomic"]
)


def users_job(stack: FaultStack, options: dict[str, object]) -> Case:
    """Insert a job of a user into a new table that is gated in its middle."""
    user: UUID = uuid4()
    name = stack.table(MIDDLE)
    stack.sql(f"grant select, insert on public.{name} to authenticated")
    data = make_csv(2500)
    path = stack.files.upload(data, f"{user}/{uuid4().hex}/file.csv")
    return stack.insert(name, data, object_path=path, created_by=user, options=options)


@MODES
def test_rows_of_users_are_written_by_the_uploaders_role(
    stack: FaultStack, options: dict[str, object], statement: str
) -> None:
    stack.processor()
    with stack.gate(MIDDLE) as gate:
        case = users_job(stack, options)
        gate.wait_for(statement)
        assert stack.sql(WRITERS, f"import-jobs {case.job}", role="supabase_admin") == [{"usename": "import_uploader"}]
    stack.completed(case)


@MODES
def test_session_of_a_paused_processor_is_ended_by_the_next_one(
    stack: FaultStack, options: dict[str, object], statement: str
) -> None:
    """It holds locks of the table in the middle of a statement; the next processor logs in with the same role."""
    paused = stack.processor(lease=SHORT_LEASE)
    with stack.gate(MIDDLE) as gate:
        case = users_job(stack, options)
        (session,) = gate.wait_for(statement)
        paused.pause()
        paused.is_lost = True
        stack.processor()
        stack.until_attempt(case, 2)
        until(lambda: session not in gate.waiting() and gate.waiting(statement), "a session of the next processor")
    stack.completed(case)
    paused.resume()


@MODES
def test_killed_processor_loses_and_doubles_nothing(
    stack: FaultStack, options: dict[str, object], statement: str
) -> None:
    killed = stack.processor(lease=SHORT_LEASE)
    with stack.gate(MIDDLE) as gate:
        case = users_job(stack, options)
        gate.wait_for(statement)
        killed.kill()
    stack.processor()
    stack.completed(case)
