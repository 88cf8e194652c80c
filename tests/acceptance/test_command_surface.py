"""What all commands share: help, version, exit statuses, --json, .env, completion; and psql."""

import json
import os
import re
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

from processor import cli as command_line
from processor.cli import command_tree
from tests.acceptance.conftest import Stack, cli

UNSET = dict.fromkeys(("DATABASE_URL", "SUPABASE_URL", "SUPABASE_SECRET_KEY", "SUPABASE_SERVICE_ROLE_KEY"), "")


def commands(group: Any, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """Return the paths of all commands and groups below a group."""
    paths = [path]
    for name, command in getattr(group, "commands", {}).items():
        paths += commands(command, (*path, name))
    return paths


ROOT = command_tree.complete(command_line.app)
PATHS = commands(ROOT)
LEAVES = [path for path in PATHS if path not in ((), ("stack",))]


def run_in(folder: Path, *arguments: str, env: dict[str, str] = UNSET) -> subprocess.CompletedProcess[str]:
    """Run a command in a folder, without the variables of this process unless given."""
    return subprocess.run(
        [sys.executable, "-m", "processor.cli", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), **env},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def help_of(path: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> str:
    """Return the help of a command. It is printed in this process, since there are many commands."""
    ROOT.main([*path, "--help"], prog_name="import-jobs", standalone_mode=False)
    return capsys.readouterr().out


@pytest.mark.parametrize("path", PATHS, ids=" ".join)
@pytest.mark.parametrize("columns", ["40", "80", "200"])
def test_help_is_whole_and_shows_no_type_of_python(
    path: tuple[str, ...], columns: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    text = help_of(path, capsys)
    assert text.startswith("Usage: import-jobs")
    assert re.findall(r"<\w+>|list\[|Path|(?<![A-Z\]])\.\.\.|…", text) == []


@pytest.mark.parametrize("path", LEAVES, ids=" ".join)
def test_every_command_has_json_and_quiet(path: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    text = help_of(path, capsys)
    assert "--json" in text
    assert "-q, --quiet" in text


def test_version_is_that_of_the_package() -> None:
    done = cli("--version")
    assert (done.returncode, done.stdout) == (0, f"import-jobs {metadata.version('import-jobs')}\n")


def test_command_alone_shows_the_help() -> None:
    assert cli().stdout == cli("--help").stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("no-such",), "no such command 'no-such'"),
        (("jbos",), "did you mean 'jobs'"),
        (("import",), "missing argument 'FILE...'"),
        (("import", "a.csv"), "missing option '--target'"),
        (("jobs", "--no-such"), "no such option: --no-such"),
        (("jobs", "--limit", "0"), "invalid value for '--limit'"),
        (("jobs", "--status", "done"), "invalid value for '--status'"),
        (("import", "a.csv", "--target", "x", "--as-user", "me"), "invalid value for '--as-user'"),
        (("stack", "no-such"), "no such command 'no-such'"),
    ],
)
def test_command_that_cannot_be_understood_exits_with_2(arguments: tuple[str, ...], words: str) -> None:
    done = cli(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith("error IJ130: ")
    assert words in line.lower() or words in line
    assert " — Run: import-jobs" in line
    as_json = cli(*arguments, "--json")
    assert set(json.loads(as_json.stderr)) == {"code", "message", "hint"}


def test_variables_are_read_from_the_file(stack: Stack, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("".join(f"{name}='{value}'\n" for name, value in stack.env.items()))
    done = run_in(tmp_path, "queue")
    assert done.returncode == 0, done.stderr
    assert "waiting" in done.stdout


def test_environment_wins_over_the_file(stack: Stack, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("DATABASE_URL=nonsense\n")
    assert run_in(tmp_path, "queue", env=stack.env).returncode == 0


@pytest.mark.parametrize(
    "text",
    [
        "DATABASE_URL=nonsense\n",
        "DATABASE_URL=postgresql://postgres:hidden-word@127.0.0.1:1/postgres\n",
        "DATABASE_URL=postgresql://x\nnot an assignment hidden-word\n",
        "\n\xa0\xff",
    ],
)
def test_error_of_a_variable_names_the_file_it_comes_from(tmp_path: Path, text: str) -> None:
    (tmp_path / ".env").write_text(text, encoding="latin-1")
    done = run_in(tmp_path, "jobs")
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert str(tmp_path / ".env") in line
    assert "hidden-word" not in line


def test_error_names_the_file_of_every_variable(stack: Stack, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(f"DATABASE_URL={stack.env['DATABASE_URL']}\nSUPABASE_URL=http://127.0.0.1:99999\n")
    (tmp_path / "a.csv").write_text("id\n1\n")
    done = run_in(tmp_path, "import", "a.csv", "--target", "x")
    assert done.stderr.startswith("error IJ131: SUPABASE_URL is not a URL")
    assert f"SUPABASE_URL is set in {tmp_path / '.env'}" in done.stderr


def complete(words: str, env: dict[str, str]) -> list[str]:
    """Return what bash would offer after these words."""
    variables = {"_IMPORT_JOBS_COMPLETE": "complete_bash", "COMP_WORDS": words, "COMP_CWORD": str(words.count(" "))}
    return cli(env={**env, **variables}).stdout.split()


def test_shell_completes_commands_options_targets_and_ids(stack: Stack) -> None:
    table = stack.table("id integer")
    job = str(stack.run(b"id\n1\n", table)["id"])
    assert complete("import-jobs re", stack.env) == ["retry", "resume"]
    assert "--mapping" in complete("import-jobs import --m", stack.env)
    assert complete(f"import-jobs import a.csv --target {table[:8]}", stack.env) == [table]
    assert complete(f"import-jobs watch {job[:8]}", stack.env) == [job]


def test_completion_without_a_database_offers_nothing() -> None:
    assert complete("import-jobs watch 1", UNSET) == []


def test_psql_opens_the_database_of_a_stack(stack: Stack, tmp_path: Path) -> None:
    query = ("--", "-XAtc", "select current_database(), current_user")
    by_url = run_in(tmp_path, "psql", *query, env={"DATABASE_URL": stack.env["DATABASE_URL"]})
    assert (by_url.returncode, by_url.stdout) == (0, "postgres|postgres\n")
    by_folder = run_in(tmp_path, "psql", "--data", str(stack.folder), *query)
    assert (by_folder.returncode, by_folder.stdout) == (0, "postgres|postgres\n")


def test_psql_passes_its_own_options_and_exit_status(stack: Stack) -> None:
    done = cli("psql", "-X", "-v", "ON_ERROR_STOP=1", "-c", "select no_such", env=stack.env)
    assert done.returncode == 1
    assert "no_such" in done.stderr


def test_psql_without_a_database_is_an_error(tmp_path: Path) -> None:
    done = run_in(tmp_path, "psql")
    assert (done.returncode, done.stderr.startswith("error IJ131: DATABASE_URL is not set — ")) == (1, True)
    other = run_in(tmp_path, "psql", "--data", "nowhere")
    assert (other.returncode, other.stderr.startswith("error IJ130: no stack is running in nowhere — ")) == (1, True)
