"""Invariants of logs and messages: they contain no secret, no value of a row, and no defect."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from tests.chaos.invariant import Invariant
from tests.chaos.snapshot import Snapshot

# PostgreSQL quotes rows that violate a constraint in its own log, unless log_error_verbosity is terse.
POSTGRES_LOG = "postgres.log"
# What a processor logs after an error that its code does not expect.
DEFECTS = (b'"action": "defect"', b'"action": "job_abandoned"', b"Traceback (most recent call last)")
SHOWN_CHARACTERS = 300


def check_secrets(logs: Iterable[Path], secrets: tuple[str, ...], mark: str, data: Snapshot) -> Invariant:
    """Check that no log contains a secret, and that no message and no log but Postgres's own quotes a row."""
    invariant = Invariant("no log line contains a secret or a value of a row")
    keys = {secret.encode() for secret in secrets}
    count = 0
    for log in logs:
        forbidden = keys if log.name == POSTGRES_LOG else {*keys, mark.encode()}
        with log.open("rb") as lines:
            for number, line in enumerate(lines, 1):
                count += 1
                if any(text in line for text in forbidden):
                    invariant.add_violation(f"{log.name}:{number}")
    for table, message in data.messages:
        if mark in message:
            invariant.add_violation(f"{table}: {message[:SHOWN_CHARACTERS]}")
    invariant.counted = f"{count:,} lines, {len(data.messages):,} messages"
    return invariant


def check_defects(logs: Iterable[Path]) -> Invariant:
    """Check that no log of a processor contains a defect or a traceback."""
    invariant = Invariant("no log of a processor contains a defect or a traceback")
    processor_logs = [log for log in logs if log.name.startswith("processor")]
    for log in processor_logs:
        with log.open("rb") as lines:
            for number, line in enumerate(lines, 1):
                if any(text in line for text in DEFECTS):
                    shown = line[:SHOWN_CHARACTERS].decode(errors="replace").strip()
                    invariant.add_violation(f"{log.name}:{number}: {shown}")
    invariant.counted = f"{len(processor_logs)} logs"
    return invariant
