"""Edge Functions are copied into a project, updated where nobody has changed them; folders of others are refused."""

import json
from pathlib import Path

import pytest

from processor.errors import UserError
from processor.install import functions
from processor.install.functions import Change

OLD = {"import-jobs": {"index.ts": b"one\n", "lib/a.ts": b"a\n", "deno.json": b"{}\n"}}
NEW = {"import-jobs": {"index.ts": b"two\n", "deno.json": b"{}\n"}}


def install(supabase: Path, ours: dict[str, dict[str, bytes]]) -> Change:
    (change,) = functions.changes(supabase, "0.2.0", ours)
    functions.write(change)
    return change


def tree(supabase: Path) -> dict[str, bytes]:
    folder = supabase / "functions" / "import-jobs"
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_function_is_copied_with_a_list_of_its_files(tmp_path: Path) -> None:
    install(tmp_path, OLD)
    found = tree(tmp_path)
    listed = json.loads(found.pop(functions.LIST))
    assert found == OLD["import-jobs"]
    assert listed["release"] == "0.2.0"
    assert set(listed["files"]) == set(found)
    assert install(tmp_path, OLD).files == {}


def test_function_is_updated_and_loses_what_it_does_not_have_any_more(tmp_path: Path) -> None:
    install(tmp_path, OLD)
    (tmp_path / "functions" / "import-jobs" / "own.ts").write_bytes(b"mine\n")
    install(tmp_path, NEW)
    found = tree(tmp_path)
    del found[functions.LIST]
    assert found == {**NEW["import-jobs"], "own.ts": b"mine\n"}


@pytest.mark.parametrize("ours", [OLD, NEW])
def test_function_that_was_changed_by_hand_stays(tmp_path: Path, ours: dict[str, dict[str, bytes]]) -> None:
    install(tmp_path, OLD)
    (tmp_path / "functions" / "import-jobs" / "index.ts").write_bytes(b"mine\n")
    before = tree(tmp_path)
    change = install(tmp_path, ours)
    assert (change.files, change.gone, change.changed_by_hand) == ({}, (), ("index.ts",))
    assert tree(tmp_path) == before


def test_line_ends_of_windows_are_no_change(tmp_path: Path) -> None:
    install(tmp_path, OLD)
    (tmp_path / "functions" / "import-jobs" / "index.ts").write_bytes(b"one\r\n")
    assert install(tmp_path, OLD).changed_by_hand == ()


@pytest.mark.parametrize(
    "listed", [None, "", "{}", '{"files": {"../../config.toml": "x"}}', '{"files": {"/etc/x": "x"}}']
)
def test_folder_that_is_not_ours_is_refused(tmp_path: Path, listed: str | None) -> None:
    folder = tmp_path / "functions" / "import-jobs"
    folder.mkdir(parents=True)
    (folder / "index.ts").write_bytes(b"theirs\n")
    if listed is not None:
        (folder / functions.LIST).write_text(listed, encoding="utf-8")
    with pytest.raises(UserError, match="is not of import-jobs") as caught:
        list(functions.changes(tmp_path, "0.2.0", OLD))
    assert caught.value.code == "IJ130"
    assert (folder / "index.ts").read_bytes() == b"theirs\n"


def test_tests_and_hidden_files_are_not_copied(tmp_path: Path) -> None:
    for name in (
        "a/index.ts",
        "a/b/c.ts",
        "a/.env",
        "a/index.test.ts",
        "a/b_test.ts",
        "a/node_modules/x.ts",
        "_shared/x.ts",
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
    assert {name: sorted(files) for name, files in functions.ours(tmp_path).items()} == {"a": ["b/c.ts", "index.ts"]}
