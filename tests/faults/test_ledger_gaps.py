"""Chunks commit in any order: the ledger of a killed processor has gaps, and the next processor fills them."""

from __future__ import annotations

import pytest

from tests.faults.files import make_csv
from tests.faults.harness import SHORT_LEASE, FaultStack
from tests.waiting import until

# A key in the second chunk, whose COPY waits while another session has inserted it and not committed.
HELD = 700
ROWS = 25_000


@pytest.mark.parametrize("chunk_bytes", [64 * 1024, 24 * 1024])
def test_gaps_that_a_killed_processor_left_are_filled(stack: FaultStack, chunk_bytes: int) -> None:
    victim = stack.processor(lease=SHORT_LEASE)
    table = stack.table(key="primary key")
    with stack.hold(f"insert into public.{table} values ({HELD}, 'uncommitted')") as hold:
        case = stack.insert(table, make_csv(ROWS))
        hold.wait_for("copy%")
        until(lambda: len(stack.ledger(case)) > 5, "chunks after the one that waits")
        victim.kill()
        committed = [entry["seq"] for entry in stack.ledger(case)]
    assert 1 not in committed
    stack.processor(chunk_bytes=chunk_bytes)
    stack.completed(case)
    by_attempt = {entry["seq"]: entry["attempt"] for entry in stack.ledger(case)}
    assert by_attempt[1] == 2
    assert {by_attempt[seq] for seq in committed} == {1}


def test_equal_keys_in_parallel_chunks_load_once(stack: FaultStack) -> None:
    # Each of 1,200 rows takes five round trips; through the proxy the job would take four times as long.
    stack.processor(connections=3, direct=True)
    table = stack.table(key="primary key")
    # Every twentieth row repeats the key of a row about one chunk before it.
    repeated = [row for row in range(660, ROWS) if row % 20 == 0]
    keys = {row: row for row in range(ROWS)} | {row: row - 650 for row in repeated}
    lines = [f"{key},{'x' * 100}\n" for key in keys.values()]
    case = stack.insert(table, ("id,note\n" + "".join(lines)).encode(), options={"max_errors": "10%"})
    stack.cases.clear()  # it is not defined which of two rows with the same key is loaded
    job = stack.completed(case)
    assert (job["rows_loaded"], job["rows_rejected"]) == (ROWS - len(repeated), len(repeated))
    assert stack.sql(f"select count(*) as n from public.{table}") == [{"n": ROWS - len(repeated)}]
