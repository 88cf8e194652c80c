"""Chunks of one job commit in any order: what a killed processor leaves has holes, and the next one fills them."""

from __future__ import annotations

import pytest

from tests.faults.files import make_csv
from tests.faults.harness import SHORT_LEASE, FaultStack
from tests.waiting import until

# A key in the second chunk; its COPY waits for whoever else is inserting it.
HELD = 700
ROWS = 25_000


@pytest.mark.parametrize("chunk_bytes", [64 * 1024, 24 * 1024])
def test_holes_that_a_killed_processor_left_are_filled(stack: FaultStack, chunk_bytes: int) -> None:
    victim = stack.processor(lease=SHORT_LEASE)
    table = stack.table(key="primary key")
    with stack.hold(f"insert into public.{table} values ({HELD}, 'uncommitted')") as hold:
        case = stack.insert(table, make_csv(ROWS))
        hold.wait_for("copy%")
        until(lambda: len(stack.ledger(case)) > 5, "chunks behind the one that waits")
        victim.kill()
        left = [entry["seq"] for entry in stack.ledger(case)]
    assert 1 not in left
    stack.processor(chunk_bytes=chunk_bytes)
    stack.completed(case)
    by_attempt = {entry["seq"]: entry["attempt"] for entry in stack.ledger(case)}
    assert by_attempt[1] == 2
    assert {by_attempt[seq] for seq in left} == {1}


def test_rows_with_the_same_key_in_chunks_at_once_load_once(stack: FaultStack) -> None:
    # Past the proxy: each of 1,200 rows takes five round trips, and by the proxy the job takes four times as long.
    stack.processor(connections=3, direct=True)
    table = stack.table(key="primary key")
    # Each twentieth row has the key of one about a chunk before it.
    again = [n for n in range(660, ROWS) if n % 20 == 0]
    keys = dict.fromkeys(range(ROWS)) | {n: n - 650 for n in again}
    lines = [f"{n if key is None else key},{'x' * 100}\n" for n, key in keys.items()]
    case = stack.insert(table, ("id,note\n" + "".join(lines)).encode(), options={"max_errors": "10%"})
    stack.cases.clear()  # which row of a key is in is not said
    job = stack.completed(case)
    assert (job["rows_loaded"], job["rows_rejected"]) == (ROWS - len(again), len(again))
    assert stack.sql(f"select count(*) as n from public.{table}") == [{"n": ROWS - len(again)}]
