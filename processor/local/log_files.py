"""The logs of a stack: one file a part in DIR/logs, and `stack.log` with what happened to the parts."""

from __future__ import annotations

import os
import sys
from datetime import datetime
from pathlib import Path
from typing import IO

from processor.errors import UserError

STACK = "stack"
PARTS = ("postgres", "storage", "pgnet", "rest", "auth", "processor")
# A stack may run for months. One older file is kept beside each log.
_ROTATED_BYTES = 16 << 20


def path(directory: Path, name: str) -> Path:
    """Return the log of a part, or of the stack itself."""
    return directory / "logs" / f"{name}.log"


def opened(log: Path) -> IO[bytes]:
    """Open a log to append to it, and put it aside before that when it is larger than 16 MiB."""
    try:
        if log.stat().st_size > _ROTATED_BYTES:
            log.replace(log.with_suffix(".log.1"))
    except FileNotFoundError:
        pass
    return log.open("ab")


def report(directory: Path, event: str) -> None:
    """Tell what happened to a part: on standard error, and with the time in the stack's log."""
    log = path(directory, STACK)
    line = f"{datetime.now().astimezone():%Y-%m-%d %H:%M:%S%z} {event}\n"
    with opened(log) as file:
        # In the background, standard error is that log.
        to_terminal = not os.path.sameopenfile(file.fileno(), sys.stderr.fileno())
        file.write(line.encode())
    if to_terminal:
        print(event, file=sys.stderr, flush=True)


def named(directory: Path, part: str | None) -> dict[str, Path]:
    """Return the existing logs of a stack by name, or the one of a part.

    Raises: UserError when there is no such part, or no log.
    """
    known = (STACK, *PARTS)
    name = part.replace("_", "") if part else None  # pg_net
    if name and name not in known:
        raise UserError(f"the stack has no part {part!r}", f"Its parts are {', '.join(known)}.")
    logs = {one: path(directory, one) for one in known if name in (None, one)}
    existing = {one: log for one, log in logs.items() if log.exists()}
    if not existing:
        raise UserError(f"there is no log in {directory / 'logs'}", "Name the stack's folder with --data.")
    return existing
