"""What the parts of a stack have logged."""

from __future__ import annotations

import json
from uuid import UUID

from tests.acceptance.conftest import Stack

# The actions with which the worker logs how an attempt ended.
ENDINGS = {
    "job_completed",
    "job_skipped",
    "job_postponed",
    "job_released",
    "job_abandoned",
    "attempt_failed",
    "lease_lost",
}


def all_logs(stack: Stack) -> str:
    """Return the logs of every part but Postgres, whose log quotes the statements and rows that fail."""
    files = [path for path in (stack.folder / "logs").glob("*.log") if not path.name.startswith("postgres")]
    assert {"processor.log"} <= {path.name for path in files}
    return "".join(path.read_text(errors="replace") for path in files)


def logged_endings(stack: Stack, job_id: UUID) -> list[str]:
    """Return the actions that end an attempt and that the processor has logged for this job, in order."""
    lines = (stack.folder / "logs" / "processor.log").read_text(errors="replace").splitlines()
    records = [json.loads(line) for line in lines if line.startswith("{")]
    return [
        record["action"] for record in records if record.get("job_id") == str(job_id) and record["action"] in ENDINGS
    ]
