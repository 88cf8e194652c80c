"""What the operating system knows of processes: read from /proc on Linux, through psutil elsewhere."""

from __future__ import annotations

import os
import sys
from functools import cache
from pathlib import Path
from typing import Any

from processor.errors import UserError

_PROC = Path("/proc")
_HAS_PROC = sys.platform == "linux"


def start_time(pid: int) -> str | None:
    """Return when a process started, in a form that no other process has; None when it is gone or a zombie."""
    return _start_time_from_proc(pid) if _HAS_PROC else start_time_by_psutil(pid)


def arguments(pid: int) -> list[str]:
    """Return the command line of a process; empty when it is gone or belongs to another user."""
    if not _HAS_PROC:
        return arguments_by_psutil(pid)
    try:
        return os.fsdecode(_PROC.joinpath(str(pid), "cmdline").read_bytes()).split("\0")
    except (FileNotFoundError, ProcessLookupError):
        return []


def working_in(folder: Path) -> list[int]:
    """Return the ids of the processes whose working directory is `folder`, as far as the caller may see that."""
    path = str(folder.resolve())
    return [process.pid for process in _psutil().process_iter(["cwd"]) if process.info["cwd"] == path]


def children(pid: int) -> list[int]:
    """Return the ids of all descendants of a process."""
    psutil = _psutil()
    try:
        return [child.pid for child in psutil.Process(pid).children(recursive=True)]
    except psutil.Error:
        return []


def listener(port: int) -> str | None:
    """Return what listens on a TCP port, such as `nginx (process 4711)`, or None if the caller may not know."""
    psutil = _psutil()
    try:
        for connection in psutil.net_connections("tcp"):
            if connection.status == psutil.CONN_LISTEN and connection.laddr.port == port and connection.pid:
                return f"{psutil.Process(connection.pid).name()} (process {connection.pid})"
    except (psutil.Error, OSError):  # macOS tells only root
        return None
    return None


def start_time_by_psutil(pid: int) -> str | None:
    """Return the start of a process in seconds since 1970; None when it is gone or a zombie."""
    psutil = _psutil()
    try:
        process = psutil.Process(pid)
        return None if process.status() == psutil.STATUS_ZOMBIE else repr(process.create_time())
    except psutil.Error:
        return None


def arguments_by_psutil(pid: int) -> list[str]:
    """Return the command line of a process; empty when it is gone or belongs to another user."""
    psutil = _psutil()
    try:
        return list(psutil.Process(pid).cmdline())
    except psutil.Error:
        return []


def _psutil() -> Any:
    """Return the module psutil, which has no types of its own; this one is also imported where it is not installed.

    Raises: UserError.
    """
    try:
        import psutil
    except ImportError:
        raise UserError("the local stack is not installed", "Run: pip install 'import-jobs[local]'") from None
    return psutil


def _start_time_from_proc(pid: int) -> str | None:
    # Not through psutil: it adds the time of the boot, which changes by up to a second when the clock is set.
    try:
        text = _PROC.joinpath(str(pid), "stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    # The name in parentheses may contain any character. The text after it begins with field 3, the state.
    fields = text.rpartition(")")[2].split()
    return None if fields[0] in ("Z", "X") else f"{fields[19]} {_boot()}".rstrip()


@cache
def _boot() -> str:
    """Return the id of this boot. Start times are relative to it, so those of two boots may be equal."""
    try:
        return _PROC.joinpath("sys", "kernel", "random", "boot_id").read_text().strip()
    except OSError:
        return ""
