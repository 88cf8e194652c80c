"""Run the tutorial: every command of docs/tutorial/first-import.md, in order, as a reader would."""

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "tutorial" / "first-import.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^```sh\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
#: Sets JOB to the id of the first job, which the reader copies from the terminal.
SET_JOB = """
JOB=$(python -c 'import os, psycopg
with psycopg.connect(os.environ["DATABASE_URL"]) as conn:
    print(conn.execute("select id from public.import_jobs order by created_at limit 1").fetchone()[0])')
"""
#: What the environment of this checkout already has.
INSTALL = "pip install"


@pytest.fixture
def folder() -> Iterator[Path]:
    """Return an empty folder that the account of the database server may enter; a stack in it is stopped at the end."""
    with tempfile.TemporaryDirectory(prefix="import-jobs-tutorial-") as name:
        path = Path(name)
        path.chmod(0o711)
        yield path
        bash("import-jobs stack down || true", path)


def bash(script: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a script in a folder with the commands of this environment; return the result with its output."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("DATABASE_URL", "SUPABASE_"))
    }
    command = ["bash", "-c", f"set -euo pipefail\n{script}"]
    return subprocess.run(
        command, cwd=folder, env=environment | {"PATH": path}, capture_output=True, text=True, timeout=120, check=False
    )


def test_tutorial_works_and_prints_what_it_shows(folder: Path) -> None:
    install, *commands = COMMANDS
    assert INSTALL in install
    script = "".join(f"{SET_JOB if '$JOB' in command else ''}{command}" for command in commands)
    done = bash(script, folder)
    assert done.returncode == 0, done.stderr
    (shown,) = re.findall(r"^```text\n(.*) in .*\n```", PAGE, re.MULTILINE)
    assert shown in done.stdout
    assert "completed: 2 rows loaded, 0 rejected" in done.stdout
    rejected = re.findall(r"^\s*(\d+) .*\b(IJ\d{3})\b", done.stdout, re.MULTILINE)
    assert rejected == re.findall(r"line (\d+) .*?\[(IJ\d{3})\]", PAGE, re.IGNORECASE | re.DOTALL)
