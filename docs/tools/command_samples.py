"""What the commands print, from the functions that they print with, about three jobs that are always the same."""

import io
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from rich.console import Console

from processor.cli import (
    changes,
    database,
    import_files,
    install,
    job,
    jobs,
    outcome,
    queue,
    rejections,
    stack_addresses,
    stack_view,
    targets,
    uninstall,
)
from processor.cli.job_state import JobState
from processor.cli.screen import screen
from processor.database.migrate import Migration
from processor.install import settings
from processor.install.functions import Change
from processor.install.plan import Plan
from processor.local import process_table
from processor.local.processes import Process
from processor.local.run_record import PartRecord, RunRecord
from processor.local.state import State
from processor.local.status import PartStatus, StackStatus

WIDTHS = (80, 120)
NOW = datetime(2026, 11, 28, 9, 30, 0, 250_000, tzinfo=UTC)
FIRST = UUID("6f3c7b1e-1c5e-4f0e-9d7c-2f6f2f1f5b6a")
SECOND = UUID("b2a90c44-8d0f-4f9b-a1f6-55c0b1f3d9e2")
THIRD = UUID("0d41e7f8-62c3-4b7a-8f02-9a7d3c5be114")
SHORT = "6f3c7b1e"
PATH = "service/2f1c9e0b7a344d21a5c86f90e1d27b53/guests.csv"
HINT = "Use the names of the target's columns in the header line, or set options.mapping."
PROCESSOR = "https://importer.example.com"
PORTS = {"postgres": 54322, "pgnet": 0, "storage": 54321, "rest": 54321, "auth": 54321, "processor": 8080}
REJECTED = [
    {"line_number": 4, "column_name": "arrival", "code": "IJ405", "message": "arrival: out of range for date"},
    {
        "line_number": 5,
        "column_name": None,
        "code": "IJ410",
        "message": 'a row with this key already exists "guests_email_key"',
    },
]


def samples() -> dict[str, str]:
    """Return what commands print: for each the command with its arguments, then its output at both widths."""
    shown = {
        "import": ("guests.csv --target guests", imported),
        "watch": (SHORT, watched),
        "jobs": ("", listed),
        "job": (SHORT, described),
        "errors": (SHORT, rejected),
        "retry": (SHORT, lambda: screen.sentence(changes.retry_sentence(FIRST, 3, SHORT))),
        "cancel": (SHORT, lambda: screen.sentence(changes.cancel_sentence(FIRST, 3, SHORT))),
        "undo": (SHORT, lambda: screen.sentence(changes.undo_sentence(FIRST, 3, 0))),
        "targets": ("", lambda: screen.lines(targets.lines([TARGET]))),
        "queue": ("", lambda: screen.lines(queue.lines(QUEUE))),
        "stack up": ("--detach", stack_up),
        "stack env": ("", stack_env),
        "stack down": ("", lambda: screen.lines(["The stack in .import-jobs is stopped."])),
        "stack restart": ("processor", lambda: screen.lines(["restarted: processor"])),
        "stack reset": ("--yes", lambda: screen.lines(["The stack in .import-jobs is deleted."])),
        "stack status": ("", stack_status),
        "migrate": ("", lambda: screen.lines(database.changes(["20261128000100_schema_and_roles"], [], []))),
        "install": ("", installed),
        "uninstall": ("--yes", lambda: screen.lines(uninstall.report([], "postgres on db.example.com"))),
        "configure": (f"--processor-url {PROCESSOR}", configured),
    }
    return {name: sample(f"import-jobs {name} {arguments}".rstrip(), show) for name, (arguments, show) in shown.items()}


def sample(command: str, show: Callable[[], None]) -> str:
    """Return a command and what it prints at each width, as blocks of Markdown."""
    texts = {width: printed(width, show) for width in WIDTHS}
    if len(set(texts.values())) == 1:
        return f"At any width from 80 columns:\n\n```text\n$ {command}\n{texts[WIDTHS[0]]}```"
    return "\n\n".join(f"At {width} columns:\n\n```text\n$ {command}\n{text}```" for width, text in texts.items())


def printed(width: int, show: Callable[[], None]) -> str:
    """Return what a function prints on a terminal of this width, standard error included."""
    with terminal(width) as output:
        show()
    return "".join(f"{line.rstrip()}\n" for line in output.getvalue().splitlines())


@contextmanager
def terminal(width: int) -> Iterator[io.StringIO]:
    """Let the screen be a terminal of this width without colours, and yield what it receives."""
    output, before = io.StringIO(), (screen.console, screen.stderr)
    console = Console(file=output, width=width, force_terminal=True, color_system=None, highlight=False)
    screen.console = screen.stderr = console
    try:
        yield output
    finally:
        screen.console, screen.stderr = before


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


def installed() -> None:
    """Print what an installation has written, and what is to be done."""
    supabase = Path.cwd() / "supabase"
    wanted = tuple(setting for setting in settings.wanted(["import-jobs"]) if setting.key != "allowed_mime_types")
    plan = Plan(
        supabase=supabase,
        new=(Migration("20261128000100", "schema_and_roles", ""), Migration("20261128000200", "targets", "")),
        file=supabase / "migrations" / "20261128093000_import_jobs_0.2.0.sql",
        text="",
        functions=(Change(folder=supabase / "functions" / "import-jobs", files={"index.ts": b""}),),
        settings=wanted,
    )
    screen.lines(install.report(plan, check=False, write=False))


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


def stack_up() -> None:
    """Print the addresses of a stack."""
    parts = {name: PartRecord(process=Process(100, "0")) for name in PORTS}
    run = RunRecord(Process(99, "0"), ready=True, parts=parts)
    stack_addresses.print_addresses(STATE, Path(".import-jobs"), run, ["pgcrypto", "uuid-ossp"], attached=False)


def stack_env() -> None:
    """Print the variables of a stack."""
    variables = STATE.shell_variables() | dict.fromkeys(("JWT_SECRET", "SUPABASE_JWT_SECRET"), "…")
    variables |= dict.fromkeys(("ANON_KEY", "SERVICE_ROLE_KEY"), "eyJ…")
    screen.lines(f"export {name}={value}" for name, value in variables.items())


def stack_status() -> None:
    """Print the parts of a stack, one of which was started again."""
    since = NOW.replace(tzinfo=None)  # times are printed in the time zone of the machine
    parts = [
        PartStatus(
            name=name,
            condition="running",
            process=Process(100 + place, "0"),
            since=since,
            address=f"127.0.0.1:{port}" if port else "",
            restarts=int(name == "storage"),
            reason="was ended by SIGKILL" if name == "storage" else "",
            wait_seconds=0,
            log=Path(f".import-jobs/logs/{name}.log"),
        )
        for place, (name, port) in enumerate(PORTS.items())
    ]
    directory = Path(".import-jobs")
    supervisor = Process(os.getpid(), process_table.start_time(os.getpid()) or "")  # this one is alive
    screen.lines(
        stack_view.as_lines(
            StackStatus(directory=directory, state=STATE, supervisor=supervisor, ready=True, parts=parts)
        )
    )


def configured() -> None:
    """Print what a configuration has stored."""
    screen.lines(database.configuration("vault", f"{PROCESSOR}/process-import-jobs", new_token=True))


STATE = State(
    major=18,
    postgres_port=54322,
    storage_port=54321,
    processor_port=8080,
    passwords=dict.fromkeys(("postgres", "import_processor", "import_uploader"), "…"),
    jwt_secret="…" * 32,
    secret_key="sb_secret_…",  # noqa: S106
    publishable_key="sb_publishable_…",
    wake_token="…",  # noqa: S106
)
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
}
