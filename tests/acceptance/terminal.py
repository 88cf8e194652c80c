"""Runs `import-jobs` in a pseudo-terminal of a given width, as a person sees it."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import signal
import struct
import subprocess
import sys
import termios
import time
from dataclasses import dataclass
from pathlib import Path

from tests.waiting import DEADLINE

CONTROL = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")


@dataclass(frozen=True, slots=True)
class Shown:
    """What a terminal has received: the text without colours, and the exit status of the command."""

    text: str
    status: int

    @property
    def lines(self) -> list[str]:
        """The lines, each as it looked after the last carriage return in it."""
        return [line.rpartition("\r")[2] for line in self.text.replace("\r\n", "\n").split("\n")]

    @property
    def joined(self) -> str:
        """The text without white space: where a line was broken makes no difference."""
        return re.sub(r"\s+", "", self.text)


def run(
    *arguments: str, env: dict[str, str], columns: int, cwd: Path | None = None, interrupt_at: str | None = None
) -> Shown:
    """Run a command in a terminal; press Ctrl-C when the text `interrupt_at` is on the screen."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    variables = {**os.environ, "TERM": "xterm-256color", **env}
    process = subprocess.Popen(
        [sys.executable, "-m", "processor.cli", *arguments],
        env={name: value for name, value in variables.items() if name not in ("COLUMNS", "NO_COLOR")},
        cwd=cwd,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    text, deadline = "", time.monotonic() + DEADLINE
    while data := _read(ours):
        text += data.decode(errors="replace")
        if interrupt_at is not None and interrupt_at in text:
            process.send_signal(signal.SIGINT)
            interrupt_at = None
        assert time.monotonic() < deadline, text
    os.close(ours)
    return Shown(CONTROL.sub("", text), process.wait(timeout=DEADLINE))


def _read(descriptor: int) -> bytes:
    """Return what has arrived; nothing once the other side is closed."""
    try:
        return os.read(descriptor, 65536)
    except OSError:
        return b""
