"""`import-jobs pause` and `import-jobs resume`: stop taking jobs from the queue, and go on."""

from typing import Annotated, LiteralString

import typer

from processor.cli.connection import connected
from processor.cli.screen import screen
from processor.config import database_url

PAUSE: LiteralString = """
select p.since, q.running from importer.pause(%s) as p (since) cross join importer.import_queue() as q
"""
RESUME: LiteralString = "select importer.resume()"


def pause(reason: Annotated[str, typer.Argument(help="Why. Clients can read it.", show_default=False)]) -> None:
    """Pause the queue: no processor takes a job any more. Jobs that run end, others stay pending."""
    with connected(database_url()) as conn:
        since, running = conn.execute(PAUSE, (reason,)).fetchone() or (None, 0)
    screen.show(
        {"queue_paused": True, "paused_since": since, "running": running},
        [],
        lambda: screen.wrapped(paused_sentence(running)),
    )


def resume() -> None:
    """End a pause of the queue, and ring the processor for the jobs that are due."""
    with connected(database_url()) as conn:
        row = conn.execute(RESUME).fetchone()
    was_paused = bool(row and row[0])
    screen.show(
        {"queue_paused": False, "was_paused": was_paused},
        [],
        lambda: screen.wrapped(resumed_sentence(was_paused)),
    )


def paused_sentence(running: int) -> str:
    """Return what a pause means for the jobs that run now."""
    if not running:
        return "paused; no job runs"
    return f"paused; {running:,} {'job runs' if running == 1 else 'jobs run'} to the end"


def resumed_sentence(was_paused: bool) -> str:
    """Return what a resume has done."""
    return "resumed" if was_paused else "the queue was not paused"
