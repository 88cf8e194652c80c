"""Invariants of what is said: no secret, no value of a row, no defect."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from tests.chaos.facts import Facts
from tests.chaos.line import Line

# PostgreSQL's own log quotes the rows that it refuses, unless log_error_verbosity is terse: it is not ours to promise.
QUOTING = "postgres.log"
# What the processor logs when it met something that its code did not foresee.
DEFECTS = (b'"action": "defect"', b'"action": "job_abandoned"', b"Traceback (most recent call last)")
SHOWN = 300


def silent(logs: Iterable[Path], secrets: tuple[str, ...], mark: str, facts: Facts) -> Line:
    """No key, password or token in any log; no value of a row in any but Postgres's own, nor in what jobs are told."""
    line = Line("no secret and no value of a row in any log line")
    keys = {secret.encode() for secret in secrets}
    lines = 0
    for log in logs:
        forbidden = keys if log.name == QUOTING else {*keys, mark.encode()}
        with log.open("rb") as said:
            for number, text in enumerate(said, 1):
                lines += 1
                if any(each in text for each in forbidden):
                    line.wrong(f"{log.name}:{number}")
    for table, text in facts.said:
        if mark in text:
            line.wrong(f"{table}: {text[:SHOWN]}")
    line.counted = f"{lines:,} lines, {len(facts.said):,} messages"
    return line


def no_defect(logs: Iterable[Path]) -> Line:
    """No processor met what it did not foresee."""
    line = Line("no defect and no traceback in a processor's log")
    count = 0
    for log in logs:
        if not log.name.startswith("processor"):
            continue
        count += 1
        with log.open("rb") as said:
            for number, text in enumerate(said, 1):
                if any(each in text for each in DEFECTS):
                    line.wrong(f"{log.name}:{number}: {text[:SHOWN].decode(errors='replace').strip()}")
    line.counted = f"{count} logs"
    return line
