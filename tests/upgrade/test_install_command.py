"""`import-jobs install` as a command: exit statuses, what it prints, and that it touches nothing else."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from processor.install import functions
from processor.local.python_command import module_environment

CONFIG = '# mine\nproject_id = "own"   # kept\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project with a migration and a function of its own."""
    for name, text in {
        "supabase/config.toml": CONFIG,
        "supabase/migrations/20250101000000_own.sql": "select 1;\n",
        "supabase/functions/hello/index.ts": "// own\n",
        "app/page.ts": "// own\n",
    }.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path


def tree(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
        for path in folder.rglob("*")
        if path.is_file()
    }


def install(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "processor.cli", "install", *options],
        cwd=folder,
        env=module_environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_check_writes_nothing_and_ends_with_1_until_everything_is_there(folder: Path) -> None:
    before = tree(folder)
    checked = install(folder / "app", "--check", "--json")
    assert (checked.returncode, tree(folder)) == (1, before)
    to_do = json.loads(checked.stdout)
    assert to_do["written"] == []
    assert len(to_do["to_do"]) == 1 + len(functions.ours(functions.source()))
    assert "[functions.import-jobs] verify_jwt" in to_do["settings"]
    assert install(folder).returncode == 0
    assert install(folder, "--check").returncode == 1  # config.toml
    assert install(folder, "--write").returncode == 0
    checked = install(folder, "--check")
    assert (checked.returncode, checked.stdout) == (0, "nothing to do: the project has everything of this release\n")


def test_nothing_else_is_touched_and_a_second_run_writes_nothing(folder: Path) -> None:
    before = tree(folder)
    first = install(folder, "--write")
    after = tree(folder)
    assert {name: after[name] for name in before if name != "supabase/config.toml"} == {
        name: text for name, text in before.items() if name != "supabase/config.toml"
    }
    assert after["supabase/config.toml"].startswith(CONFIG)
    new = set(after) - set(before)
    own = {f"supabase/functions/{name}/" for name in functions.ours(functions.source())}
    assert len([name for name in new if name.startswith("supabase/migrations/")]) == 1
    assert {name for name in new if not name.startswith(("supabase/migrations/", *own))} == set()
    assert "next: supabase db push\n" in first.stdout
    assert "next: supabase functions deploy import-jobs process-import-jobs\n" in first.stdout
    assert "next: import-jobs configure --processor-url URL\n" in first.stdout
    assert install(folder, "--write").stdout == "nothing to do: the project has everything of this release\n"
    assert tree(folder) == after


def test_function_of_the_same_name_is_refused_before_anything_is_written(folder: Path) -> None:
    theirs = folder / "supabase" / "functions" / "import-jobs" / "index.ts"
    theirs.parent.mkdir()
    theirs.write_text("// own\n", encoding="utf-8")
    before = tree(folder)
    refused = install(folder)
    assert (refused.returncode, refused.stderr.startswith("error IJ130: ")) == (1, True)
    assert "import-jobs is not of import-jobs: it has no import-jobs.json" in refused.stderr
    assert tree(folder) == before


def test_function_changed_by_hand_is_named(folder: Path) -> None:
    install(folder, "--write")
    path = folder / "supabase" / "functions" / "import-jobs" / "index.ts"
    path.write_text("// mine\n", encoding="utf-8")
    again = install(folder)
    assert "supabase/functions/import-jobs was changed by hand (index.ts) and stays as it is" in again.stdout
    assert path.read_text(encoding="utf-8") == "// mine\n"


@pytest.mark.parametrize(("options", "said"), [((), "supabase init"), (("--supabase", "nowhere"), "is not a folder")])
def test_missing_folder_is_one_line(tmp_path: Path, options: tuple[str, ...], said: str) -> None:
    done = install(tmp_path, *options)
    (line,) = done.stderr.splitlines()
    assert (done.returncode, line.startswith("error IJ130: "), said in line) == (1, True, True)
