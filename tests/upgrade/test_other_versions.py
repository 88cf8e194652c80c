"""A processor on the schema of another release ends as documented: with IJ132 and what to do."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

import processor
from processor.database import history, migrate
from processor.database.migrate import Migration
from tests.conftest import Database
from tests.upgrade.releases import as_in_0_1_0, released

OLD = released("0.1.0")
PACKAGE = Path(processor.__file__).parent
GENERATED = shutil.ignore_patterns("__pycache__", "migrations")
HISTORY = "select version, name, sha256, release from importer.migrations order by version"


@dataclass(frozen=True, slots=True)
class Build:
    """A build of import-jobs with a version and migrations of its own, and the code of this one."""

    folder: Path

    def run(self, database_url: str, *arguments: str) -> tuple[int, list[str]]:
        """Run a command on a database; return its exit status and the lines of its messages."""
        env = os.environ | {
            "PYTHONPATH": str(self.folder),
            "DATABASE_URL": database_url,
            "SUPABASE_URL": "http://127.0.0.1:9",
            "SUPABASE_SECRET_KEY": "sb_secret_of_the_tests",
        }
        done = subprocess.run(
            [sys.executable, "-m", "processor.cli", *arguments],
            cwd=self.folder,
            env=env,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        return done.returncode, done.stderr.splitlines()


def build(folder: Path, version: str, migrations: list[Migration]) -> Build:
    """Write a build as a wheel installs it: the package, with the migrations in it, and what names its version."""
    shutil.copytree(PACKAGE, folder / "processor", ignore=GENERATED)
    (folder / "processor" / "migrations").mkdir()
    for migration in migrations:
        (folder / "processor" / "migrations" / f"{migration.stem}.sql").write_text(migration.sql, encoding="utf-8")
    info = folder / f"import_jobs-{version}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.4\nName: import-jobs\nVersion: {version}\n", encoding="utf-8")
    return Build(folder)


@pytest.mark.parametrize("command", ["serve", "migrate"])
def test_build_of_0_1_0_says_which_release_the_schema_needs(db: Database, tmp_path: Path, command: str) -> None:
    with db.connect() as conn:
        before = conn.execute(HISTORY).fetchall()
        url = db.processor_url if command == "serve" else db.admin_url
        status, lines = build(tmp_path, "0.1.0", OLD).run(url, command)
        newest = history.release()
        assert (status, lines) == (
            1,
            [
                f"error IJ132: the schema of the database is too new for import-jobs 0.1.0: {newest} has migrated it — "
                f"Install import-jobs {newest}, for example: pip install import-jobs=={newest}."
            ],
        )
        assert conn.execute(HISTORY).fetchall() == before


def test_processor_of_this_version_says_what_a_schema_of_0_1_0_lacks(floor_db: Database, tmp_path: Path) -> None:
    this, every = build(tmp_path, "0.2.0", migrate.migrations()), len(migrate.migrations())
    with as_in_0_1_0(floor_db):
        status, lines = this.run(floor_db.admin_url, "serve")
    message = f"the schema of the database is too old for this processor: it lacks {every} of {every} migrations"
    assert (status, len(lines), lines[0].startswith(f"error IJ132: {message} — Run import-jobs migrate;")) == (
        1,
        1,
        True,
    )
