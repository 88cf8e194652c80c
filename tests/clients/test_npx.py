"""The npm package, packed as it would be published: `npx import-jobs install` writes what the Python package writes."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from processor.database import history, migrate
from processor.install import migration_file
from tests.clients.client_stack import NODE, ROOT
from tests.clients.typescript_package import FOLDER, build

NPM = NODE.parents[1] / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
OWN = "20990101000000_own.sql"  # newer than today, so that both write the same version
CONFIG = '# ours\nproject_id = "x" # kept\n\n[storage.buckets.photos]\npublic = true\n'


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that `npm install` would make of the package."""
    build()
    folder = tmp_path_factory.mktemp("npm")
    source = shutil.copytree(FOLDER, folder / "source", ignore=shutil.ignore_patterns("node_modules", "dist"))
    (source / "node_modules").symlink_to(FOLDER / "node_modules")
    path = os.pathsep.join([str(NODE.parent), str(Path(sys.executable).parent), os.environ["PATH"]])
    subprocess.run([NODE, NPM, "pack", "--silent"], cwd=source, env=os.environ | {"PATH": path}, check=True)
    (archive,) = source.glob("import-jobs-*.tgz")
    shutil.unpack_archive(archive, folder, "gztar")
    return folder / "package"


@pytest.fixture
def projects(tmp_path: Path) -> tuple[Path, Path]:
    """Two equal projects with a migration of their own, for Python and for Node."""
    folders = tmp_path / "python" / "supabase", tmp_path / "node" / "supabase"
    for folder in folders:
        (folder / "migrations").mkdir(parents=True)
        (folder / "migrations" / OWN).write_text("select 1;\n")
        (folder / "config.toml").write_text(CONFIG)
    return folders


def python(project: Path, *arguments: str) -> int:
    command = [sys.executable, "-m", "processor.cli", "install", *arguments]
    return subprocess.run(command, cwd=project.parent, capture_output=True, check=False).returncode


def node(package: Path, project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [NODE, package / "bin" / "import-jobs.mjs", "install", *arguments]
    return subprocess.run(command, cwd=project.parent, capture_output=True, text=True, check=False)


def files(project: Path) -> dict[str, bytes]:
    found = (path for path in project.rglob("*") if path.is_file())
    return {path.relative_to(project).as_posix(): path.read_bytes() for path in found}


def test_package_contains_what_it_needs(package: Path) -> None:
    names = set(files(package))
    needed = {"package.json", "README.md", "dist/index.js", "dist/index.d.ts", "dist/functions.js", "dist/pieces.json"}
    assert needed <= names
    assert not any(name.startswith(("src/", "node_modules/")) for name in names)


def test_version_is_that_of_the_python_package() -> None:
    version: str = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    # Two spellings of one version: PEP 440's and that of npm.
    expected = re.sub(r"\.?(a|b|rc|dev)(\d+)$", r"-\1.\2", version)
    assert json.loads((FOLDER / "package.json").read_text())["version"] == expected


def test_files_are_those_of_the_python_package(package: Path, projects: tuple[Path, Path]) -> None:
    of_python, of_node = projects
    assert python(of_python) == 0
    done = node(package, of_node)
    assert done.returncode == 0, done.stderr
    assert files(of_node) == files(of_python)
    assert f"migrations/20990101000001_import_jobs_{history.release()}.sql" in files(of_node)
    assert "functions/import-jobs/index.ts" in files(of_node)


def test_second_installation_has_nothing_to_do(package: Path, projects: tuple[Path, Path]) -> None:
    project = projects[1]
    assert node(package, project, "--write").returncode == 0
    written = files(project)
    again = node(package, project)
    assert again.stdout == "nothing to do: the project has everything of this release\n"
    assert node(package, project, "--check").returncode == 0
    assert files(project) == written


def test_upgrade_brings_only_what_is_new(package: Path, projects: tuple[Path, Path]) -> None:
    of_python, of_node = projects
    earlier = migration_file.render(migrate.migrations()[:23], "0.1.0")
    for project in projects:
        (project / "migrations" / "20990101000001_import_jobs_0.1.0.sql").write_text(earlier)
    assert python(of_python) == 0
    assert node(package, of_node).returncode == 0
    assert files(of_node) == files(of_python)
    assert len(list((of_node / "migrations").glob("*.sql"))) == 3


def test_check_writes_nothing(package: Path, projects: tuple[Path, Path]) -> None:
    before = files(projects[1])
    done = node(package, projects[1], "--check")
    assert done.returncode == 1
    assert done.stdout.endswith("next: npx import-jobs install\n")
    assert files(projects[1]) == before


def test_settings_are_those_of_the_python_package(package: Path, projects: tuple[Path, Path]) -> None:
    of_python, of_node = projects
    assert python(of_python, "--write") == 0
    assert node(package, of_node, "--write").returncode == 0
    written = (of_node / "config.toml").read_text()
    assert tomllib.loads(written) == tomllib.loads((of_python / "config.toml").read_text())
    assert written.startswith(CONFIG)


def test_changed_function_is_kept(package: Path, projects: tuple[Path, Path]) -> None:
    project = projects[1]
    assert node(package, project).returncode == 0
    changed = project / "functions" / "import-jobs" / "index.ts"
    changed.write_text("// mine\n")
    done = node(package, project)
    assert "was changed by hand (index.ts)" in done.stdout
    assert changed.read_text() == "// mine\n"


def test_foreign_function_is_refused(package: Path, projects: tuple[Path, Path]) -> None:
    project = projects[1]
    (project / "functions" / "import-jobs").mkdir(parents=True)
    done = node(package, project)
    assert done.returncode == 2
    assert "is not of import-jobs" in done.stderr
    assert list((project / "migrations").glob("*import_jobs*")) == []
