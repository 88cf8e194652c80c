"""The custom element against the stack: what a person sees and does, from the file to the corrected rows."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.clients import element_package
from tests.clients.client_stack import ROOT, ClientStack
from tests.clients.element_package import FOLDER
from tests.servers import NO_CERTIFICATES
from tests.waiting import until

DECLARED = """
import type { SupabaseClient } from "@supabase/supabase-js";
declare global {
  const supabase: SupabaseClient;
  function show(value: unknown): void;
}
"""
PAIRS = """
create table public.pairs (a int not null, b int not null, note text, owner uuid not null default auth.uid());
alter table public.pairs enable row level security;
create policy "own pairs" on public.pairs for all to authenticated
using (owner = (select auth.uid())) with check (owner = (select auth.uid()));
grant select, insert, update, delete on public.pairs to authenticated;
"""
NAME = '<img src=x onerror="hostile = true">'


@pytest.fixture(scope="module")
def results(client_stack: ClientStack, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    element_package.install()
    client_stack.sql(PAIRS)
    client_stack.sql("select importer.register_target('public.pairs', owner_column => 'owner')")
    url, key = client_stack.env["API_URL"], {"apikey": client_stack.env["SECRET_KEY"]}
    pairs = f"{url}/rest/v1/pairs"
    until(lambda: httpx.get(pairs, headers=key, verify=NO_CERTIFICATES).status_code != 404, "the new table")
    folder = tmp_path_factory.mktemp("element")
    email = client_stack.email()
    return client_stack.node("element.mjs", EMAIL=email, FOLDER=str(folder)) | {"email": email}


def test_file_of_another_kind_is_refused_before_its_upload(results: dict[str, Any]) -> None:
    assert results["refused"] == {"code": "file/pdf", "title": "Isto é um documento PDF, não uma tabela"}


def test_required_column_must_be_mapped(results: dict[str, Any]) -> None:
    assert results["unmapped"] == {
        "missing": "Nada vai ainda para a coluna obrigatória email",
        "canGoOn": False,
    }


def test_check_counts_and_writes_nothing(results: dict[str, Any]) -> None:
    assert results["dry"]["stats"] == {"Novas": "2", "Alteradas": "0", "Iguais": "0", "Puladas": "0", "Rejeitadas": "1"}
    assert results["dry"]["written"] == []


def test_second_press_imports(results: dict[str, Any]) -> None:
    email = results["email"]
    assert results["imported"]["stats"] == {"Lidas": "3", "Importadas": "2", "Rejeitadas": "1", "Puladas": "0"}
    assert results["imported"]["people"] == [
        {"email": f"ada-{email}", "name": "Ada"},
        {"email": f"bob-{email}", "name": "Bob"},
    ]


def test_rejected_row_says_why(results: dict[str, Any]) -> None:
    assert results["rejected"] == {"why": "email: falta um valor", "causes": 1}


def test_corrected_row_is_imported_whole_by_a_job_of_its_own(results: dict[str, Any]) -> None:
    assert results["corrected"]["names"] == [{"name": f"Nobody; {NAME}"}]
    assert results["corrected"]["parent"]
    assert results["corrected"]["stats"]["Importadas"] == "1"
    assert results["sent"] == {"rows": 1, "inputs": 0}


def test_row_with_two_wrong_values_says_both_and_both_are_corrected(results: dict[str, Any]) -> None:
    assert results["twice"] == {
        "rows": 1,
        "codes": ["IJ403", "IJ403"],
        "pairs": [{"a": 1, "b": 2, "note": "x"}, {"a": 3, "b": 4, "note": "kept"}],
    }


def test_events_tell_the_application(results: dict[str, Any]) -> None:
    assert results["events"] == ["started", "completed", "started", "completed"]


def test_markup_in_names_headers_and_cells_stays_text(results: dict[str, Any]) -> None:
    assert results["hostile"] == {"images": 0, "ran": False}


def test_job_of_somebody_else_is_not_found(results: dict[str, Any]) -> None:
    assert results["stranger"] == {"code": "IJ108", "text": False}


def test_own_job_opens_by_its_id_and_tells_nothing_twice(results: dict[str, Any]) -> None:
    assert results["opened"] == {"title": "Imported, with rows to correct", "events": 0}


def test_history_lists_files_by_name_and_opens_one(results: dict[str, Any]) -> None:
    # Corrections and imports; inspections are left out, and checks are folded under their imports.
    assert results["history"]["names"] == ["pairs.csv"] * 2 + [f"{NAME}.csv"] * 2
    assert results["history"]["checks"] == ["1 check before it"] * 2
    ((event, detail),) = results["history"]["opened"]
    assert (event, set(detail)) == ("open", {"id"})


def test_target_that_is_not_there_is_said_so(results: dict[str, Any]) -> None:
    assert results["nothing"] == "Não há nada aqui para onde você possa importar"


def test_sources_have_no_type_errors() -> None:
    element_package.install()
    element_package.run("node_modules/typescript/bin/tsc", "--noEmit", "-p", ".")


def test_code_on_its_page_compiles(tmp_path: Path) -> None:
    element_package.install()
    page = (ROOT / "docs" / "how-to" / "importer.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```ts\n(.*?)```", page, re.DOTALL)
    assert len(blocks) == 2
    (tmp_path / "declared.d.ts").write_text(DECLARED)
    for number, block in enumerate(blocks):
        (tmp_path / f"block{number}.ts").write_text(f"{block}\nexport {{}};\n")
    settings = json.loads((FOLDER / "tsconfig.json").read_text(encoding="utf-8"))["compilerOptions"] | {
        "noEmit": True,
        "emitDeclarationOnly": False,
        "declaration": False,
        "rootDir": "/",
        "paths": {
            "import-jobs-importer": [str(FOLDER / "src" / "index.ts")],
            "@supabase/supabase-js": [str(FOLDER / "node_modules" / "@supabase" / "supabase-js")],
        },
    }
    (tmp_path / "tsconfig.json").write_text(json.dumps({"compilerOptions": settings, "include": ["*.ts"]}))
    element_package.run("node_modules/typescript/bin/tsc", "-p", tmp_path)
