"""Builds clients/typescript once for all tests, and measures it."""

from __future__ import annotations

import fcntl
import hashlib
import os
import subprocess
from pathlib import Path

from tests.clients.client_stack import NODE, ROOT, install_packages

FOLDER = ROOT / "clients" / "typescript"
_MEASURE = """
import { build } from "esbuild";
const settings = { bundle: true, minify: true, format: "esm", packages: "external", write: false };
const { outputFiles } = await build({ entryPoints: [process.argv[1]], ...settings });
console.log(outputFiles[0].contents.length);
"""


def build() -> None:
    """Build dist/ unless it is that of the sources; of several workers one does it."""
    install_packages(FOLDER)
    with (FOLDER / "build.mjs").open("rb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        wanted = _digest()
        done = FOLDER / "node_modules" / ".built"
        if done.exists() and done.read_text() == wanted and (FOLDER / "dist" / "index.js").exists():
            return
        run("build.mjs")
        done.write_text(wanted)


def run(*command: str | Path) -> str:
    """Run a script of Node in the package's folder; return what it printed."""
    path = f"{NODE.parent}{os.pathsep}{os.environ['PATH']}"
    env = os.environ | {"PATH": path}
    ended = subprocess.run([NODE, *command], cwd=FOLDER, env=env, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, f"{ended.stdout}\n{ended.stderr}"
    return ended.stdout


def minified_bytes(entry: str = "src/index.ts") -> int:
    """Return the size of an entry without its peer and tus-js-client."""
    return int(run("--input-type=module", "-e", _MEASURE, entry))


def _digest() -> str:
    sources = sorted([*FOLDER.glob("src/**/*"), *FOLDER.glob("*.json"), FOLDER / "build.mjs"])
    digest = hashlib.sha256()
    for path in sources:
        if path.is_file():
            digest.update(path.read_bytes())
    return digest.hexdigest()
