"""Following a job to its end, and saying how it ended."""

import sys
import time
from dataclasses import dataclass
from uuid import UUID

import psycopg

from processor.cli import idle, inspection, outcome
from processor.cli.connection import connected
from processor.cli.job_ids import short_id
from processor.cli.job_state import JobState, read_state
from processor.cli.progress import ProgressLine
from processor.cli.screen import screen
from processor.errors import DatabaseUnavailable, UserError

POLL_SECONDS = 0.1
#: For how long an outage of the database is waited for; a restart takes some seconds.
OUTAGE_SECONDS = 60.0
#: The exit status after Ctrl-C, as shells have it: 128 and the number of SIGINT.
INTERRUPTED = 130
WATCH_HINT = "The job goes on without this command. To watch it: import-jobs watch"
DOCUMENT = "select to_jsonb(j) - array['preview', 'report', 'dialect'] from public.import_jobs as j where j.id = %s"


@dataclass(slots=True)
class Outage:
    """The time in which the database does not answer."""

    _since: float | None = None
    _explained: bool = False

    def is_too_long(self, message: str) -> bool:
        """Say at first that the command waits, after 10 s what is wrong with the stack; return when to give up."""
        if self._since is None:
            self._since = time.monotonic()
            screen.note(f"{message}; the job is not lost, and this command waits for the database")
        seconds = time.monotonic() - self._since
        if seconds > idle.PATIENCE_SECONDS and not self._explained and (trouble := idle.local_trouble()):
            screen.note(trouble)
            self._explained = True
        return seconds > OUTAGE_SECONDS


def follow(database_url: str, job_id: UUID, line: ProgressLine | None = None) -> JobState:
    """Show the progress of a job until it has ended; return its last state. An outage of the database is waited for.

    Raises: UserError when the database does not answer for a minute or the job was deleted, KeyboardInterrupt.
    """
    nobody, outage = idle.Watch(), Outage()
    with line or ProgressLine() as shown:
        while True:
            try:
                with connected(database_url) as conn:
                    outage = Outage()
                    return wait(conn, job_id, shown, nobody)
            except UserError as exc:
                if exc.code != DatabaseUnavailable.code:
                    raise
                if outage.is_too_long(exc.message):
                    raise UserError(exc.message, f"{exc.hint} {WATCH_HINT} {job_id}", code=exc.code) from exc
            time.sleep(POLL_SECONDS)


def wait(conn: psycopg.Connection, job_id: UUID, line: ProgressLine, nobody: idle.Watch) -> JobState:
    """Show the progress of a job until it has ended, and after 10 s why nobody works on it; return its last state.

    Raises: UserError, psycopg.Error.
    """
    while True:
        state = read_state(conn, job_id)
        line.job(state)
        if state.ended:
            return state
        if reason := nobody.reason(conn, state):
            screen.note(reason)
        time.sleep(POLL_SECONDS)


def announce(conn: psycopg.Connection, state: JobState) -> None:
    """Print how a job ended: the result and what can be done about it, and its error on standard error."""
    short = short_id(conn, state.id)
    if state.inspects and state.status == "completed":
        inspection.show(conn, state.id)
    elif screen.as_json:
        row = conn.execute(DOCUMENT, (state.id,)).fetchone()
        screen.document(row[0] if row else None)
    elif screen.quiet:
        screen.lines([str(state.id)])
    else:
        screen.sentence(outcome.result(state))
        for sentence in outcome.explanations(state, short):
            screen.sentence(sentence)
    if state.error_code:
        screen.error(state.error_message or "", state.error_hint or "", state.error_code)


def follow_all(database_url: str, job_ids: list[UUID], *, strict: bool) -> int:
    """Follow jobs to their ends, one after the other; return the exit status. Jobs that have ended leave `job_ids`.

    Raises: UserError, KeyboardInterrupt.
    """
    failures = 0
    while job_ids:
        state = follow(database_url, job_ids[0])
        with connected(database_url) as conn:
            announce(conn, state)
        failures += not outcome.succeeded(state, strict=strict)
        del job_ids[0]
    return 1 if failures else 0


def interrupted(job_ids: list[UUID]) -> int:
    """Say after Ctrl-C that the jobs go on, and how to watch or cancel them; return the exit status.

    Not by rich: an interrupt between the two steps in which it opens its buffer leaves the buffer open for ever.
    """
    ids = " ".join(map(str, job_ids))
    subject, verb, them = ("the job", "goes", "it") if len(job_ids) == 1 else ("the jobs", "go", "them")
    print(f"\n{subject} {verb} on without this command", file=sys.stderr)
    print(f"  to watch {them}: import-jobs watch {ids}", file=sys.stderr)
    print(f"  to cancel {them}: import-jobs cancel {ids}", file=sys.stderr, flush=True)
    return INTERRUPTED
