"""Check all invariants against the database, the observations during the run, and the logs."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import psycopg

from tests.chaos import checks_content, checks_leases, checks_logs, checks_states, snapshot
from tests.chaos.invariant import Invariant
from tests.chaos.observer import Observations
from tests.chaos.submitted_job import SubmittedJob

ROW_TEXTS = "select line from public.chaos_rows where place = %s and source = %s"


def check(
    conn: psycopg.Connection[Any],
    jobs: Iterable[SubmittedJob],
    *,
    mark: str,
    observations: Observations,
    logs: Iterable[Path],
    secrets: tuple[str, ...],
) -> list[Invariant]:
    """Check and return every invariant. No processor may run meanwhile."""
    jobs, logs = list(jobs), list(logs)
    data = snapshot.read(conn)
    outcomes = checks_content.pair_with_expected(data, jobs, mark)

    def row_texts(table: str, source: int) -> list[str]:
        return [row[0] for row in conn.execute(ROW_TEXTS, (table, source)).fetchall()]

    return [
        checks_states.check_ends(data, jobs),
        checks_content.check_rows(data, outcomes, mark, row_texts),
        checks_content.check_counters(outcomes),
        checks_content.check_rejections(data, outcomes),
        checks_content.check_ledger(data, outcomes),
        checks_states.check_attempts(data, jobs),
        checks_leases.check_one_lease_at_a_time(data, jobs, observations),
        checks_leases.check_ledger_writers(data, jobs),
        checks_states.check_final_states(data, jobs),
        checks_leases.check_atomic_rows_hidden(observations),
        checks_states.check_staging_tables(data),
        checks_logs.check_secrets(logs, secrets, mark, data),
        checks_logs.check_defects(logs),
    ]
