"""Each Edge Function is one folder that needs nothing outside it, and passes Deno's own checks."""

from __future__ import annotations

import json
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

from tests.functions.edge_runtime import DENO, FUNCTIONS, ROOT

FOLDERS = sorted(path.parent for path in FUNCTIONS.glob("*/index.ts"))
IMPORT = re.compile(
    r"""^(?:import|export)\b.*?from "([^"]+)"|^import "([^"]+)"|import\("([^"]+)"\)""", re.MULTILINE | re.DOTALL
)
PINNED = re.compile(r"npm:(@[\w-]+/)?[\w-]+@\d+\.\d+\.\d+")


def folder_id(folder: Path) -> str:
    return folder.name


def imports(folder: Path) -> set[str]:
    """Return what the modules of a function import."""
    texts = [path.read_text(encoding="utf-8") for path in folder.glob("*.ts")]
    return {next(filter(None, found)) for text in texts for found in IMPORT.findall(text)}


def test_functions_have_their_names() -> None:
    assert [folder.name for folder in FOLDERS] == ["import-jobs", "process-import-jobs"]


@pytest.mark.parametrize("folder", FOLDERS, ids=folder_id)
def test_imports_are_of_the_folder_of_node_or_pinned(folder: Path) -> None:
    listed = json.loads((folder / "deno.json").read_text(encoding="utf-8"))["imports"]
    assert [name for name in listed.values() if not PINNED.fullmatch(name)] == []
    others = {name for name in imports(folder) if not name.startswith("node:")}
    assert {name for name in others if name.startswith(".")} == {f"./{p.name}" for p in folder.glob("*.ts")} - {
        "./index.ts"
    }
    assert {name for name in others if not name.startswith(".")} == set(listed)


@pytest.mark.parametrize("folder", FOLDERS, ids=folder_id)
def test_first_line_says_whose_file_it_is(folder: Path) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    release = project["version"].partition(".dev")[0]
    marker = f"// import-jobs: a file of import-jobs {release}; `import-jobs install` replaces it at an upgrade.\n"
    assert (folder / "index.ts").read_text(encoding="utf-8").startswith(marker)


@pytest.mark.parametrize("folder", FOLDERS, ids=folder_id)
def test_function_checks_tokens_itself(folder: Path) -> None:
    config = tomllib.loads((ROOT / "supabase" / "config.toml").read_text(encoding="utf-8"))
    assert config["functions"][folder.name] == {"verify_jwt": False}


@pytest.mark.parametrize("command", ["fmt --check", "lint", "check index.ts"])
@pytest.mark.parametrize("folder", FOLDERS, ids=folder_id)
def test_function_passes_the_checks_of_deno(folder: Path, command: str) -> None:
    done = subprocess.run(
        [DENO, *command.split()], cwd=folder, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr


def test_module_that_both_have_is_the_same() -> None:
    copies = [(folder / "body.ts").read_bytes() for folder in FOLDERS]
    assert copies[0] == copies[1]


def test_import_jobs_does_not_read_a_secret_key() -> None:
    """What a user's token can do is done with that token; the function has nothing else to do."""
    texts = "".join(path.read_text(encoding="utf-8") for path in (FUNCTIONS / "import-jobs").glob("*.ts"))
    assert re.findall(r"SECRET_KEY|SERVICE_ROLE|DB_URL", texts) == []


def test_names_are_those_of_the_typescript_client() -> None:
    copies = (FUNCTIONS / "import-jobs" / "names.ts", ROOT / "clients" / "typescript" / "src" / "names.ts")
    assert copies[0].read_bytes() == copies[1].read_bytes()
