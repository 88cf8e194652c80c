"""Large jobs at once share the processor's connections, and leave some for everything else."""

from __future__ import annotations

from contextlib import ExitStack

import httpx

from tests.faults.files import make_csv
from tests.faults.harness import FaultStack

HELD = 700
# Large enough for three connections.
ROWS = 60_000


def test_large_jobs_leave_connections_for_everything_else(stack: FaultStack) -> None:
    one = stack.processor(max_jobs=4, connections=3)
    tables = [stack.table(key="primary key") for _ in range(4)]
    with ExitStack() as opened:
        holds = [
            opened.enter_context(stack.hold(f"insert into public.{table} values ({HELD}, 'uncommitted')"))
            for table in tables
        ]
        cases = [stack.insert(table, make_csv(ROWS)) for table in tables]
        for hold in holds:
            hold.wait_for("copy%")
        assert httpx.get(f"{one.url}/ready", trust_env=False, timeout=10).status_code == 200
    for case in cases:
        stack.completed(case)
