"""SIGKILL while children wait for parents that come later in the file: another processor settles the same rows."""

from __future__ import annotations

from uuid import uuid4

import pytest

from tests.faults.harness import GATED, SHORT_LEASE, FaultStack
from tests.faults.holds import GATE

CHILDREN, PARENTS, FIRST_PARENT = 1_200, 30, 5_000
ORPHANS = (100, 700)
WAITING_LOCK = "lock table importer.waiting_records in share mode"


def family_table(stack: FaultStack) -> str:
    """Create a target whose rows refer to each other, gated at the last parent; return its name."""
    name = f"t_{uuid4().hex[:12]}"
    stack.sql(
        f"create table public.{name} (id integer primary key, parent integer references public.{name}, note text)"
    )
    stack.sql(f"select importer.register_target('public.{name}')")
    stack.sql(GATED.format(name, GATE, FIRST_PARENT + PARENTS - 1))
    return name


def family_file() -> bytes:
    """Return a file with all children before their parents, and two children without."""
    parents = {n: 9_999 if n in ORPHANS else FIRST_PARENT + n % PARENTS for n in range(CHILDREN)}
    lines = [f"{child},{parent},{'x' * 100}\n" for child, parent in parents.items()]
    lines += [f"{FIRST_PARENT + n},,\n" for n in range(PARENTS)]
    return ("id,parent,note\n" + "".join(lines)).encode()


@pytest.mark.parametrize("moment", ["before the last chunk", "while they are settled"])
def test_killed_processor_leaves_waiting_rows_to_the_next_one(stack: FaultStack, moment: str) -> None:
    victim, table = stack.processor(lease=SHORT_LEASE), family_table(stack)
    with stack.gate(FIRST_PARENT + PARENTS - 1) as gate:
        case = stack.insert(table, family_file())
        stack.cases.remove(case)  # the comparison after the test knows tables of two columns
        gate.wait_for("%")
        if moment == "before the last chunk":
            victim.kill()
        else:
            with stack.hold(WAITING_LOCK) as hold:
                gate.release()
                hold.wait_for("%settle_waiting%")
                victim.kill()
    waiting = stack.sql(
        "select sum(cardinality(records)) as rows from importer.waiting_records where job_id = %s", case.job
    )
    assert waiting[0]["rows"] > 0
    stack.processor()
    job = stack.completed(case)
    assert (job["rows_loaded"], job["rows_rejected"]) == (CHILDREN + PARENTS - len(ORPHANS), len(ORPHANS))
    ids = [row["id"] for row in stack.sql(f"select id from public.{table} order by id")]
    assert ids == [n for n in (*range(CHILDREN), *range(FIRST_PARENT, FIRST_PARENT + PARENTS)) if n not in ORPHANS]
    rejected = stack.sql("select * from public.import_job_errors where job_id = %s order by record_number", case.job)
    assert [(row["line_number"], row["code"]) for row in rejected] == [(n + 2, "IJ411") for n in ORPHANS]
    assert stack.sql("select from importer.waiting_records where job_id = %s", case.job) == []
