"""What a stack and its parts are doing, and why its jobs are not processed."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import psycopg
from psycopg.conninfo import conninfo_to_dict

from processor.local import api, log_files, run_record, state
from processor.local.child_process import answers
from processor.local.processes import Process
from processor.local.run_record import PartRecord, RunRecord
from processor.local.state import State

PartCondition = Literal["running", "starting", "waiting", "silent", "stopped"]
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_CONNECT_SECONDS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class PartStatus:
    """A part: its condition and since when it has it, its address, how often it was restarted, and why it ended last.

    A part that is waiting is started again in `wait_seconds`; a silent one runs and does not answer.
    """

    name: str
    condition: PartCondition
    process: Process
    since: datetime
    address: str
    restarts: int
    reason: str
    wait_seconds: float
    log: Path

    @property
    def sentence(self) -> str:
        """What the part is doing, in words."""
        ended = f"; it {self.reason}" if self.reason else ""
        match self.condition:
            case "waiting":
                return f"restarting in {max(0.0, self.wait_seconds):.0f} s{ended}"
            case "starting":
                return f"restarting{ended}"
            case "silent":
                return "does not answer"
            case other:
                return other


@dataclass(frozen=True, slots=True)
class Pause:
    """A pause of the queue: why nobody takes jobs from it, and since when."""

    reason: str
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class StackStatus:
    """A stack: whether it runs, whether each part does, what a killed supervisor has left behind, and a pause."""

    directory: Path
    state: State | None
    supervisor: Process | None
    ready: bool
    parts: list[PartStatus]
    pause: Pause | None = None

    @property
    def is_running(self) -> bool:
        """Whether its supervisor runs, which starts its parts again."""
        return self.supervisor is not None and self.supervisor.alive

    @property
    def all_parts_work(self) -> bool:
        """Whether the stack and all of its parts run and answer."""
        return self.is_running and self.ready and all(part.condition == "running" for part in self.parts)

    @property
    def sentence(self) -> str:
        """What the stack is doing, in words."""
        if self.is_running:
            return (
                "running" if self.all_parts_work else "running without all of its parts" if self.ready else "starting"
            )
        left = [part.name for part in self.parts if part.condition != "stopped"]
        return f"not running, but {', '.join(left)} was left behind" if left else "not running"


def read(directory: Path) -> StackStatus:
    """Return the status of the stack in a folder; each part is asked whether it answers, for at most 2 s.

    Raises: UserError when the folder has a file that is not the state of a stack.
    """
    kept, run = state.load(directory), run_record.read(directory)
    parts = [_part(directory, kept, run, name) for name in run.parts] if kept and run else []
    return StackStatus(
        directory=directory,
        state=kept,
        supervisor=run.supervisor if run else None,
        ready=run is not None and run.ready,
        parts=parts,
        pause=_pause(kept)
        if kept and ("postgres", "running") in {(part.name, part.condition) for part in parts}
        else None,
    )


def _pause(kept: State) -> Pause | None:
    """Return the pause of the queue; None without one, and while the database has no queue yet."""
    try:
        with psycopg.connect(kept.database_url(), connect_timeout=_CONNECT_SECONDS) as conn:
            row = conn.execute("select reason, paused_at from importer.queue_pause").fetchone()
    except psycopg.Error:
        return None
    return Pause(*row) if row else None


def why_idle(database_url: str, directory: Path = Path(".import-jobs")) -> str | None:
    """Return why the stack in a folder does not work on jobs, and what to do about it.

    None if all of its parts run, or if the database is not that of the stack.

    Raises: UserError when the folder has a file that is not the state of a stack.
    """
    kept = state.load(directory)
    if kept is None or not _is_of_stack(database_url, kept):
        return None
    stack = read(directory)
    option = "" if directory == Path(".import-jobs") else f" --data {directory}"
    if not stack.is_running:
        return f"the stack in {directory} is {stack.sentence}; start it with import-jobs stack up{option}"
    for part in stack.parts:
        if part.condition != "running":
            return f"the stack's {part.name} is not working: {part.sentence}; see {part.log}"
    if stack.ready and "processor" not in [part.name for part in stack.parts]:
        return f"the stack in {directory} was started without a processor; run import-jobs serve"
    return None


def _part(directory: Path, kept: State, run: RunRecord, name: str) -> PartStatus:
    record = run.parts[name]
    return PartStatus(
        name=name,
        condition=_condition(kept, run, name, record),
        process=record.process,
        since=datetime.fromtimestamp(record.changed_at, UTC),
        address=_address(kept, name),
        restarts=record.restarts,
        reason=record.reason,
        wait_seconds=record.due_at - time.time(),
        log=log_files.path(directory, name),
    )


def _condition(kept: State, run: RunRecord, name: str, record: PartRecord) -> PartCondition:
    if not run.supervisor.alive:
        return "running" if record.process.alive else "stopped"
    if record.condition != "running":
        return record.condition
    if not record.process.alive:
        return "waiting"  # its supervisor notices within 0.1 s
    return "running" if _answers(kept, name) else "silent"


def _answers(kept: State, name: str) -> bool:
    match name:
        case "postgres":
            return _accepts_connections(kept.database_url())
        case "storage":
            return answers(f"{kept.supabase_url}/health")
        case "processor":
            return answers(f"{kept.processor_url}/health")
        case api.REST:
            return answers(api.rest_probe(kept))
        case api.AUTH:
            return answers(api.auth_probe(kept))
        case _:
            return True  # it does not listen


def _accepts_connections(url: str) -> bool:
    try:
        psycopg.connect(url, connect_timeout=_CONNECT_SECONDS).close()
    except psycopg.OperationalError as error:
        # A role without a password yet is an answer: the stack is still being prepared.
        return error.sqlstate is not None
    return True


def _address(kept: State, name: str) -> str:
    match name:
        case "postgres":
            return f"127.0.0.1:{kept.postgres_port}"
        case "storage":
            return f"{kept.supabase_url}/storage/v1"
        case "processor":
            return kept.processor_url
        case api.REST | api.AUTH:
            return f"{kept.supabase_url}/{name}/v1"
        case _:
            return ""


def _is_of_stack(database_url: str, kept: State) -> bool:
    try:
        parameters = conninfo_to_dict(database_url)
    except psycopg.ProgrammingError:
        return False
    return parameters.get("host") in _LOOPBACK and str(parameters.get("port")) == str(kept.postgres_port)
