"""What the commands print, from the functions that they print with, about jobs and a stack that are always the same."""

import io
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console

from docs.tools.job_samples import (
    FIRST,
    NOW,
    QUEUE,
    SHORT,
    TARGET,
    described,
    imported,
    listed,
    rejected,
    watched,
)
from processor.cli import (
    changes,
    database,
    doctor,
    install,
    pause,
    queue,
    stack_addresses,
    stack_view,
    targets,
    uninstall,
)
from processor.cli.screen import screen
from processor.database.migrate import Migration
from processor.doctor import bells, storage
from processor.doctor import database as connection
from processor.doctor.check import Problem, Result, Skipped, Sound
from processor.install import settings
from processor.install.functions import Change
from processor.install.plan import Plan
from processor.local import process_table
from processor.local.processes import Process
from processor.local.run_record import PartRecord, RunRecord
from processor.local.state import State
from processor.local.status import PartStatus, StackStatus

WIDTHS = (80, 120)
PROCESSOR = "https://importer.example.com"
PORTS = {"postgres": 54322, "pgnet": 0, "storage": 54321, "rest": 54321, "auth": 54321, "processor": 8080}


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
        "doctor": ("", examined),
        "pause": ('"moving the database"', lambda: screen.sentence(pause.paused_sentence(2))),
        "resume": ("", lambda: screen.sentence(pause.resumed_sentence(was_paused=True))),
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


def examined() -> None:
    """Print what an examination finds where the database does not answer."""
    answers = {
        "environment": Sound(),
        "database": Problem(
            "the database does not answer", "Check DATABASE_URL, and that the server is running.", "IJ501"
        ),
        **{check.name: Sound() for check in storage.CHECKS},
        "bucket_size": Sound("53,687,091,200 bytes"),
        "project_size": Sound("53,687,091,200 bytes"),
    }
    checks = (*connection.CHECKS, *bells.CHECKS, *storage.CHECKS)
    results = [Result(check.name, check.severity, answers.get(check.name, Skipped(""))) for check in checks]
    screen.lines(doctor.lines(results, {}))


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
