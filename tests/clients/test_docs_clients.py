"""The code on the pages for browsers and servers: TypeScript compiles; curl and Python do what the pages say."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.clients.client_stack import ROOT, ClientStack
from tests.clients.typescript_package import FOLDER, build, run

HOW_TO = ROOT / "docs" / "how-to"
DECLARED = """
import type { SupabaseClient } from "@supabase/supabase-js";
import type { Job } from "import-jobs";
declare global {
  const supabase: SupabaseClient;
  const file: File;
  const job: Job;
  const token: string;
  function show(value: unknown): void;
}
"""


def blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", (HOW_TO / page).read_text(encoding="utf-8"), re.DOTALL)


@pytest.fixture(scope="module")
def contacts(client_stack: ClientStack) -> ClientStack:
    """The stack with the target of the page for servers."""
    client_stack.sql("create table public.contacts (email text not null, name text)")
    client_stack.sql("select importer.register_target('public.contacts')")
    return client_stack


def test_typescript_compiles(client_stack: ClientStack, tmp_path: Path) -> None:
    assert client_stack
    build()
    found = blocks("from-a-browser.md", "ts") + blocks("from-a-server.md", "ts")
    assert len(found) > 6
    (tmp_path / "declared.d.ts").write_text(DECLARED)
    for number, block in enumerate(found):
        (tmp_path / f"block{number}.ts").write_text(block)
    packages = FOLDER / "node_modules"
    settings = json.loads((ROOT / "examples" / "tsconfig.json").read_text())
    settings["compilerOptions"] |= {
        "types": ["node"],
        "typeRoots": [str(packages / "@types")],
        "paths": {
            "import-jobs": [str(FOLDER / "dist" / "index.d.ts")],
            "@supabase/supabase-js": [str(packages / "@supabase" / "supabase-js")],
        },
    }
    (tmp_path / "tsconfig.json").write_text(json.dumps(settings | {"include": ["*.ts"]}))
    run(FOLDER / "node_modules" / "typescript" / "bin" / "tsc", "-p", tmp_path)


def test_curl_imports_a_file(contacts: ClientStack, tmp_path: Path) -> None:
    script = "set -euo pipefail\n" + "\n".join(blocks("from-a-server.md", "sh"))
    done = subprocess.run(
        ["bash", "-c", script], cwd=tmp_path, env=os.environ | contacts.env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (status,) = json.loads((tmp_path / "status.json").read_text())
    assert (status["status"], status["rows_loaded"], status["rows_rejected"]) == ("completed", 1, 1)
    assert '"code":"IJ404"' in done.stdout.replace(" ", "")
    assert contacts.sql("select file_name from public.import_jobs where idempotency_key = 'people-march'") == [
        {"file_name": "People of March.csv"}
    ]


def test_python_imports_a_file(contacts: ClientStack, tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text("email,name\npython@example.com,Guido\n")
    (script,) = blocks("from-a-server.md", "python")
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        env=os.environ | contacts.env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "completed 1 0 None\n"
