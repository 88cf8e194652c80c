"""Checks of both bells, end to end: NOTIFY, and a ring through pg_net that the processor has to take."""

import time
from dataclasses import dataclass
from typing import LiteralString

from processor.doctor.check import Answer, Check, Problem, Sound
from processor.doctor.database import milliseconds
from processor.doctor.installation import Installation, connect
from processor.queue import sessions, sweep

#: pg_net pauses 1 s between batches, and a processor that sleeps needs some seconds to start.
RING_SECONDS = 10.0
NOTIFY_SECONDS = 2.0
POLL_SECONDS = 0.05
NOTIFY: LiteralString = "select pg_notify('import_jobs', '')"
SEND: LiteralString = "select ring, request from importer.send_test_ring()"
RESULT: LiteralString = "select taken, status, error from importer.test_ring_result(%s, %s)"
URL_HINT = (
    "Check that the processor runs and that the database reaches it; "
    "to store another URL, run import-jobs configure --processor-url URL."
)
UNAUTHORIZED = 401


@dataclass(frozen=True, slots=True)
class Ring:
    """What came of a ring: whether a processor took it, the HTTP status or the error of pg_net, and the seconds."""

    taken: bool
    status: int | None
    error: str | None
    seconds: float


def second_bell(installation: Installation) -> Answer:
    """Listen as a processor does, notify, and measure how long the notification takes."""
    with connect(installation.database_url) as listener:
        sessions.listen(listener)
        begin = time.monotonic()
        installation.connection().execute(NOTIFY)
        for _ in listener.notifies(timeout=NOTIFY_SECONDS, stop_after=1):
            return Sound(milliseconds(time.monotonic() - begin))
    return Problem(
        f"a notification did not arrive within {NOTIFY_SECONDS:.0f} s",
        "Use the direct connection or the session pooler (port 5432) in DATABASE_URL.",
    )


def url_reachable(installation: Installation) -> Answer:
    """Ring, and look whether the database reached a server at the stored URL that takes rings."""
    ring = rung(installation)
    if ring.taken or ring.status == UNAUTHORIZED or (ring.status and 200 <= ring.status <= 299):
        return Sound()
    if ring.error:
        return Problem(f"the database cannot reach the processor's URL ({one_line(ring.error)})", URL_HINT)
    if ring.status:
        return Problem(f"the processor's URL answers with HTTP status {ring.status}", URL_HINT)
    return Problem(f"the processor's URL did not answer within {RING_SECONDS:.0f} s", URL_HINT)


def token_equal(installation: Installation) -> Answer:
    """Compare the token of the database with the one in the environment, and with that of the rung processor."""
    own = installation.settings.wake_token if installation.settings else None
    with installation.bounded() as conn:
        stored = sweep.wake_token(conn)
    if own is not None and own != stored:
        return Problem(
            "the token in the database is not the one in IMPORT_JOBS_WAKE_TOKEN",
            "Run import-jobs configure --processor-url URL, which stores that token.",
        )
    if "ring" in installation.seen and rung(installation).status == UNAUTHORIZED:
        return Problem(
            "the processor does not accept the token of the database",
            "Set IMPORT_JOBS_WAKE_TOKEN to that of the processor and run import-jobs configure --processor-url URL.",
        )
    return Sound()


def ring(installation: Installation) -> Answer:
    """Look whether a processor took the ring, and how long it took."""
    outcome = rung(installation)
    if outcome.taken:
        return Sound(milliseconds(outcome.seconds))
    return Problem(
        "the ring was answered, but no processor has taken it",
        "Check that the stored URL is that of a processor on this database, and that it works: GET /ready.",
    )


def rung(installation: Installation) -> Ring:
    """Ring once, and return what came of it.

    Raises: psycopg.Error.
    """
    if "ring" not in installation.seen:
        installation.seen["ring"] = send(installation)
    outcome: Ring = installation.seen["ring"]
    return outcome


def send(installation: Installation) -> Ring:
    """Ring, and wait until a processor has taken it, until pg_net has noted a failure, or for 10 s.

    Raises: psycopg.Error.
    """
    with installation.bounded() as conn:
        sent = conn.execute(SEND).fetchone()
    begin = time.monotonic()
    while True:
        with installation.bounded() as conn:
            row = conn.execute(RESULT, sent).fetchone()
        taken, status, error = row or (False, None, None)
        seconds = time.monotonic() - begin
        failed = error is not None or (status is not None and not 200 <= status <= 299)
        if taken or failed or seconds > RING_SECONDS:
            return Ring(bool(taken), status, error, seconds)
        time.sleep(POLL_SECONDS)


def one_line(text: str) -> str:
    """Return a text without line breaks, cut where it would be too long for a line."""
    return " ".join(text.split())[:120]


RINGS = ("pg_net", "pg_net_worker", "processor_url", "wake_token")
CHECKS = (
    Check("second_bell", "warning", second_bell, needs=("pooler",)),
    Check("url_reachable", "warning", url_reachable, needs=RINGS),
    Check("token_equal", "warning", token_equal, needs=("wake_token",)),
    Check("ring", "warning", ring, needs=("url_reachable", "token_equal")),
)
