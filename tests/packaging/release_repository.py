"""Copies of this repository with commits of their own, for the tests of scripts/release."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
#: What the checks of a release read, besides the files that name the version.
CHECKED = ("CHANGELOG.md", "hatch_build.py", "scripts/release_steps", "supabase", "tests/upgrade", "processor/native")


def git(folder: Path, *arguments: str) -> str:
    """Run git without the user's configuration; return what it printed."""
    env = {"PATH": os.environ["PATH"], "HOME": str(folder), "GIT_CONFIG_NOSYSTEM": "1"}
    identity = ("-c", "user.name=Test", "-c", "user.email=test@example.com", "-c", "commit.gpgsign=false")
    done = subprocess.run(
        ["git", *identity, *arguments], cwd=folder, env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def copy(folder: Path, *parts: str) -> Path:
    """Commit the present files below `parts` (default: all) in a new repository at `folder`; return it."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *parts],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    shutil.copy2(ROOT / ".gitignore", folder)
    git(folder, "init", "--quiet")
    commit(folder)
    return folder


def commit(folder: Path) -> None:
    """Commit every file."""
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "All")


def release(folder: Path, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    """Run scripts/release in a copy, without its set-up."""
    return subprocess.run(
        [sys.executable, "-m", "scripts.release_steps", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder), **env},
        capture_output=True,
        text=True,
        check=False,
    )
