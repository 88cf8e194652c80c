"""The checker: all invariants, from what the database says, what was watched, and the logs."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import psycopg

from tests.chaos import checks_content, checks_leases, checks_logs, checks_states, facts
from tests.chaos.line import Line
from tests.chaos.sampler import Sight
from tests.chaos.task import Task

TEXTS = "select line from public.chaos_rows where place = %s and source = %s"


def check(
    conn: psycopg.Connection[Any],
    tasks: Iterable[Task],
    mark: str,
    sight: Sight,
    logs: Iterable[Path],
    secrets: tuple[str, ...],
) -> list[Line]:
    """Check every invariant; return a line for each. Nothing may run meanwhile."""
    tasks, logs = list(tasks), list(logs)
    found = facts.read(conn)
    jobs = checks_content.judged(found, tasks, mark)

    def texts(place: str, source: int) -> list[str]:
        return [row[0] for row in conn.execute(TEXTS, (place, source)).fetchall()]

    return [
        checks_states.ended(found, tasks),
        checks_content.rows_once(found, jobs, mark, texts),
        checks_content.counts(jobs),
        checks_content.rejected(found, jobs),
        checks_content.ledger(found, jobs),
        checks_states.attempts(found, tasks),
        checks_leases.one_at_a_time(found, tasks, sight),
        checks_leases.written_by_holder(found, tasks),
        checks_states.cancelled(found, tasks),
        checks_leases.unseen(sight),
        checks_states.stages(found),
        checks_logs.silent(logs, secrets, mark, found),
        checks_logs.no_defect(logs),
    ]
