"""Three jobs, a target and a queue that are always the same, and what the commands print of the jobs."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from processor.cli import import_files, job, jobs, outcome, rejections
from processor.cli.job_state import JobState
from processor.cli.screen import screen

NOW = datetime(2026, 11, 28, 9, 30, 0, 250_000, tzinfo=UTC)
FIRST = UUID("6f3c7b1e-1c5e-4f0e-9d7c-2f6f2f1f5b6a")
SECOND = UUID("b2a90c44-8d0f-4f9b-a1f6-55c0b1f3d9e2")
THIRD = UUID("0d41e7f8-62c3-4b7a-8f02-9a7d3c5be114")
SHORT = "6f3c7b1e"
PATH = "service/2f1c9e0b7a344d21a5c86f90e1d27b53/guests.csv"
HINT = "Use the names of the target's columns in the header line, or set options.mapping."
REJECTED = [
    {"line_number": 4, "column_name": "arrival", "code": "IJ405", "message": "arrival: out of range for date"},
    {
        "line_number": 5,
        "column_name": None,
        "code": "IJ410",
        "message": 'a row with this key already exists "guests_email_key"',
    },
]
TARGET: dict[str, Any] = {
    "name": "guests",
    "table": "public.guests",
    "mode": "upsert",
    "key_columns": ["email"],
    "run_as": "uploader",
    "columns": {"name": {}, "email": {}, "arrival": {}},
    "on_duplicate_file": "skip",
}
QUEUE: dict[str, Any] = {
    "waiting": 3,
    "scheduled": 1,
    "running": 2,
    "oldest_waiting_since": NOW - timedelta(seconds=75),
    "now": NOW,
    "processor_alive": True,
    "processors": 2,
    "processor_seen_at": NOW - timedelta(seconds=2),
    "processor_sleeps": False,
    "last_ring_at": NOW - timedelta(seconds=4),
    "queue_paused": False,
    "paused_reason": None,
    "paused_since": None,
}


def state(**changed: Any) -> JobState:
    """Return a job that loaded three rows and rejected two, with these columns changed."""
    values = {
        "id": FIRST,
        "status": "completed",
        "phase": None,
        "target": "guests",
        "attempts": 1,
        "run_after": NOW,
        "now": NOW,
        "bytes_total": 180,
        "bytes_read": 180,
        "rows_loaded": 3,
        "rows_rejected": 2,
        "rows_skipped": 0,
        "error_code": None,
        "error_message": None,
        "error_hint": None,
        "errors_path": "guests.6f3c7b1e.errors.csv",
        "duplicate_of": None,
        "dry_run": False,
        "atomic": False,
        "inspects": False,
        "undone": False,
        "skipped_by_mode": 0,
        "skipped_by_trigger": 0,
        "mode": "insert",
        "seconds": 0.2,
    }
    return JobState(**(values | changed))


def ended(job_state: JobState) -> None:
    """Print how a job ended."""
    screen.sentence(outcome.result(job_state))
    for sentence in outcome.explanations(job_state, job_state.id.hex[:8]):
        screen.sentence(sentence)


def imported() -> None:
    """Print what an import prints, after the line that shows its progress."""
    request = import_files.Request(target="guests", options={}, owner=None)
    screen.sentence(import_files.announcement(FIRST, Path("guests.csv"), request))
    ended(state())


def watched() -> None:
    """Print the end of a job that failed."""
    ended(state(status="failed", rows_loaded=0, rows_rejected=0, errors_path=None, error_code="IJ306", seconds=0.1))
    screen.error("no header of the file matches a column of the target", HINT, "IJ306")


def listed() -> None:
    """Print a list with a dry run and an undone job."""
    row = {
        "status": "completed",
        "target": "guests",
        "progress": 100,
        "rows_loaded": 3,
        "rows_rejected": 2,
        "created_at": NOW,
        "error_code": None,
        "dry_run": False,
        "undone_at": None,
        "duplicate_of": None,
    }
    earlier = {"created_at": NOW - timedelta(hours=2)}
    rows: list[dict[str, Any]] = [
        row | {"id": FIRST},
        row | earlier | {"id": SECOND, "dry_run": True},
        row | earlier | {"id": THIRD, "status": "failed", "rows_loaded": 0, "rows_rejected": 0, "error_code": "IJ306"},
    ]
    screen.lines(jobs.lines(rows))


def described() -> None:
    """Print one job."""
    row: dict[str, Any] = dict.fromkeys(job.SHOWN) | {
        "id": FIRST,
        "status": "completed",
        "target": "guests",
        "bucket_id": "imports",
        "object_path": PATH,
        "options": {},
        "progress": 100,
        "bytes_total": 180,
        "bytes_read": 180,
        "rows_read": 5,
        "rows_loaded": 3,
        "rows_rejected": 2,
        "rows_skipped": 0,
        "attempts": 1,
        "created_at": NOW,
        "started_at": NOW + timedelta(milliseconds=30),
        "finished_at": NOW + timedelta(milliseconds=230),
        "errors_path": PATH.replace(".csv", f".{SHORT}.errors.csv"),
    }
    by = {"by": "import_processor"}
    events = [
        {"happened_at": NOW, "event": "pending", "attempt": 0, "detail": {"by": "postgres"}},
        {"happened_at": row["started_at"], "event": "running", "attempt": 1, "detail": by | {"from": "pending"}},
        {"happened_at": row["finished_at"], "event": "completed", "attempt": 1, "detail": by | {"from": "running"}},
    ]
    screen.lines(job.lines(row, list(outcome.explanations(state(), SHORT)), REJECTED, events))


def rejected() -> None:
    """Print the rejections of a job."""
    records = ("Alan,alan@example.com,2026-02-30", "Barbara,ada@example.com,2026-12-03")
    rows = [rejection | {"raw": record} for rejection, record in zip(REJECTED, records, strict=True)]
    screen.lines(rejections.lines(rows))
