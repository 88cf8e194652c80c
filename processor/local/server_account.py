"""The account that PostgreSQL runs under when the caller is root, and how to start programs under it."""

from __future__ import annotations

import ctypes
import os
import pwd
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TypedDict

from processor.errors import UserError

_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


@dataclass(frozen=True, slots=True)
class Account:
    """The user and group ids of an account without privileges."""

    uid: int
    gid: int


class _Switch(TypedDict):
    """The arguments of subprocess that change the account of the child process."""

    user: int | None
    group: int | None
    extra_groups: list[int] | None


def account() -> Account | None:
    """Return the account to switch to, or None when the caller is not root and no switch is needed.

    Raises: UserError when the caller is root and there is no user `nobody`.
    """
    if os.geteuid() != 0:
        return None
    try:
        entry = pwd.getpwnam("nobody")
    except KeyError:
        raise UserError(
            "PostgreSQL does not run as root, and there is no user `nobody` to run it as",
            "Run this command as an ordinary user.",
        ) from None
    return Account(entry.pw_uid, entry.pw_gid)


def run(command: Sequence[str], env: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Run a command under the account and wait for it. It runs in `/`, which every account may enter."""
    return subprocess.run(
        command,
        env=env,
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        **_switch_to(account()),
    )


def spawn(command: Sequence[str], env: Mapping[str, str], log: IO[bytes]) -> subprocess.Popen[bytes]:
    """Start a command under the account. It gets a session of its own, so that Ctrl-C reaches only the caller."""
    return subprocess.Popen(
        command,
        env=env,
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        **_switch_to(account()),
        preexec_fn=signal_on_parent_death(signal.SIGINT),
    )


def _switch_to(who: Account | None) -> _Switch:
    if who is None:
        return {"user": None, "group": None, "extra_groups": None}
    return {"user": who.uid, "group": who.gid, "extra_groups": [who.gid]}


def signal_on_parent_death(number: signal.Signals) -> Callable[[], None] | None:
    """Return a hook for a child process that has the kernel send it `number` when its parent dies.

    Linux only; None elsewhere. The kernel watches the thread that forked, so call this from a thread that lives as long
    as the process. Python runs the hook after it has changed the user, which would have cleared the request.
    """
    if _LIBC is None:
        return None
    libc, parent = _LIBC, os.getpid()

    def request_signal() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, int(number), 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)

    return request_signal


def may_run(program: Path, env: Mapping[str, str]) -> bool:
    """Return whether the account can execute `program` in its folder."""
    try:
        return run([str(program), "--version"], env).returncode == 0
    except OSError:
        return False


def may_enter(directory: Path) -> bool:
    """Return whether the account can enter `directory`, which requires that it may pass every folder above it."""
    if account() is None:
        return True
    return run(["/bin/sh", "-c", 'cd "$0"', str(directory)], {}).returncode == 0
