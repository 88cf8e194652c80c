"""Large jobs that run at once share the processor's connections and leave some for other statements."""

from __future__ import annotations

from contextlib import ExitStack

import httpx

from tests.faults.files import make_csv
from tests.faults.harness import FaultStack

# A key that another session has inserted and not committed.
HELD = 700
# Enough rows for three connections.
ROWS = 60_000


def test_large_jobs_leave_connections_for_everything_else(stack: FaultStack) -> None:
    processor = stack.processor(max_jobs=4, connections=3)
    tables = [stack.table(key="primary key") for _ in range(4)]
    with ExitStack() as exit_stack:
        holds = [
            exit_stack.enter_context(stack.hold(f"insert into public.{table} values ({HELD}, 'uncommitted')"))
            for table in tables
        ]
        cases = [stack.insert(table, make_csv(ROWS)) for table in tables]
        for hold in holds:
            hold.wait_for("copy%")
        assert httpx.get(f"{processor.url}/ready", trust_env=False, timeout=10).status_code == 200
    for case in cases:
        stack.completed(case)
