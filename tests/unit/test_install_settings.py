"""Settings are added to config.toml with its comments kept, and only those that are missing or have to be different."""

import tomllib
from pathlib import Path

import pytest

from processor.errors import UserError
from processor.install import settings

OWN = """\
# mine
project_id = "x"   # keep

[storage]
enabled = true # yes

# [storage.buckets.images]

[storage.buckets.own]
public = true

[functions.import-jobs]
verify_jwt = true # why

# the end
[auth]
enabled = true
# last words
"""
WANTED = list(settings.wanted(["import-jobs", "process-import-jobs"]))


def without(text: str, added: str) -> list[str]:
    """Return the lines of a text that are not lines of another, in order."""
    lines = added.splitlines()
    return [line for line in text.splitlines() if line not in lines]


def missing(tmp_path: Path, text: str) -> list[str]:
    config = tmp_path / "config.toml"
    config.write_text(text, encoding="utf-8")
    return [str(setting) for setting in settings.missing(config, WANTED)]


def test_everything_is_missing_from_an_empty_file(tmp_path: Path) -> None:
    assert missing(tmp_path, "") == [
        "[storage.buckets.imports] public",
        "[storage.buckets.imports] allowed_mime_types",
        "[functions.import-jobs] verify_jwt",
        "[functions.process-import-jobs] verify_jwt",
    ]
    assert tomllib.loads(settings.snippet(WANTED)) == tomllib.loads(settings.merged("", WANTED))


def test_comments_and_order_are_kept(tmp_path: Path) -> None:
    merged = settings.merged(OWN, WANTED)
    assert without(OWN, merged) == ["verify_jwt = true # why"]
    assert "verify_jwt = false # why" in merged
    assert [line for line in merged.splitlines() if line in OWN.splitlines() and line] == [
        line for line in OWN.splitlines() if line and "why" not in line
    ]
    assert missing(tmp_path, merged) == []
    assert settings.merged(merged, []) == merged


def test_project_may_have_types_of_its_own_but_no_public_bucket(tmp_path: Path) -> None:
    text = '[storage.buckets.imports]\npublic = true\nallowed_mime_types = ["text/csv"]\n'
    assert missing(tmp_path, text)[0] == "[storage.buckets.imports] public"
    assert "[storage.buckets.imports] allowed_mime_types" not in missing(tmp_path, text)


def test_key_is_added_to_a_table_that_is_there() -> None:
    merged = settings.merged("[functions.import-jobs]\nenabled = true # on\n\n[auth]\nenabled = true\n", WANTED[2:3])
    assert tomllib.loads(merged)["functions"]["import-jobs"] == {"enabled": True, "verify_jwt": False}
    assert "# on" in merged


@pytest.mark.parametrize("text", ["functions = 1\n", "functions.import-jobs = []\n"])
def test_file_that_cannot_be_extended_is_an_error(text: str) -> None:
    with pytest.raises(UserError, match="cannot be added") as caught:
        settings.merged(text, WANTED)
    assert caught.value.code == "IJ130"


def test_file_that_is_no_toml_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="is not TOML"):
        missing(tmp_path, "[")
