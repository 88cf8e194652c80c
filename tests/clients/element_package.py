"""What the tests of clients/element share: its packages, and its sources as text."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from tests.clients import typescript_package
from tests.clients.client_stack import NODE, ROOT, install_packages

FOLDER = ROOT / "clients" / "element"
SOURCES = sorted((FOLDER / "src").rglob("*.ts"))


def install() -> None:
    """Install the packages of the element, and those of the TypeScript client, whose sources it contains."""
    install_packages(typescript_package.FOLDER)
    install_packages(FOLDER)


def run(*command: str | Path) -> str:
    """Run a script of Node in the package's folder; return what it printed."""
    env = os.environ | {"PATH": f"{NODE.parent}{os.pathsep}{os.environ['PATH']}"}
    ended = subprocess.run([NODE, *command], cwd=FOLDER, env=env, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, f"{ended.stdout}\n{ended.stderr}"
    return ended.stdout
