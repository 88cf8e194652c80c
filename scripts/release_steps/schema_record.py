"""What tests/upgrade keeps of the schema of each release: the checksums of its migrations, and a dump."""

import hashlib
import shutil
from pathlib import Path

from scripts.release_steps.failure import ReleaseError
from scripts.release_steps.version import Version

FOLDER = Path("tests") / "upgrade"
MIGRATIONS = Path("supabase") / "migrations"
SCHEMA = Path("supabase") / "schema.sql"


def check(root: Path, version: Version) -> None:
    """Check that the recorded schema of the release is that of the migrations and of the dump.

    Raises: ReleaseError.
    """
    wanted = {_checksums(version): checksums(root), _schema(version): (root / SCHEMA).read_text(encoding="utf-8")}
    for path, text in wanted.items():
        there = (root / path).read_text(encoding="utf-8") if (root / path).is_file() else None
        if there != text:
            what = "is missing" if there is None else "has another schema than supabase/"
            raise ReleaseError(f"{path} {what}", f"Run scripts/release {version.python} --prepare and commit.")


def write(root: Path, version: Version) -> list[Path]:
    """Record the schema of the release; return the files."""
    (root / _checksums(version)).write_text(checksums(root), encoding="utf-8")
    shutil.copyfile(root / SCHEMA, root / _schema(version))
    return [root / _checksums(version), root / _schema(version)]


def checksums(root: Path) -> str:
    """Return a line with SHA-256 and name for each migration."""
    files = sorted((root / MIGRATIONS).glob("*.sql"))
    return "".join(f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in files)


def _checksums(version: Version) -> Path:
    return FOLDER / f"migrations-{version.python}.sha256"


def _schema(version: Version) -> Path:
    return FOLDER / f"schema-{version.python}.sql"
