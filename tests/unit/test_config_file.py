"""The file .env: what it sets, what the environment sets instead, and the errors that name it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from processor import config
from processor.config import BadEnvironment


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.chdir(tmp_path)
    config.variables_of_file.cache_clear()
    yield tmp_path / ".env"
    config.variables_of_file.cache_clear()


def test_without_a_file_only_the_environment_counts(file: Path) -> None:
    assert not file.exists()
    assert config.from_file({}) == {}


def test_folder_of_this_name_is_no_file_of_variables(file: Path) -> None:
    file.mkdir()
    assert config.from_file({}) == {}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("DATABASE_URL=postgresql://x\n", "postgresql://x"),
        ("\ufeffDATABASE_URL=x\r\nOTHER=y\r\n", "x"),
        ("# a comment\n\nexport DATABASE_URL='x y' # why\n", "x y"),
        ("WORD=z\nDATABASE_URL=postgresql://u:${WORD}@h\n", "postgresql://u:z@h"),
    ],
)
def test_file_sets_a_variable(file: Path, text: str, value: str) -> None:
    file.write_text(text, encoding="utf-8")
    assert config.from_file({})["DATABASE_URL"] == value


def test_environment_wins(file: Path) -> None:
    file.write_text("DATABASE_URL=from_file\nSUPABASE_URL=https://x\n")
    assert config.from_file({"DATABASE_URL": "outside"}) == {"SUPABASE_URL": "https://x"}


def test_empty_variable_counts_as_not_set(file: Path) -> None:
    file.write_text("DATABASE_URL=from_file\n")
    assert config.from_file({"DATABASE_URL": " "}) == {"DATABASE_URL": "from_file"}


@pytest.mark.parametrize("names", config.ALIASES)
def test_environment_wins_under_the_other_name_as_well(file: Path, names: tuple[str, str]) -> None:
    for in_file, outside in (names, names[::-1]):
        config.variables_of_file.cache_clear()
        file.write_text(f"{in_file}=1\n")
        assert config.from_file({outside: "2"}) == {}


@pytest.mark.parametrize(("text", "line"), [("A=1\n\nnonsense\n", 3), ("A=1\nB 2\n", 2), ("=x\n", 1), ("A='1\n", 1)])
def test_line_that_is_not_an_assignment_is_an_error_that_names_file_and_line(file: Path, text: str, line: int) -> None:
    file.write_text(text)
    with pytest.raises(BadEnvironment) as error:
        config.database_url()
    assert str(error.value) == f"line {line} of {file} cannot be read"


def test_other_encoding_is_an_error_that_names_the_file(file: Path) -> None:
    file.write_bytes("A=é\n".encode("latin-1"))
    with pytest.raises(BadEnvironment) as error:
        config.database_url()
    assert str(error.value) == f"{file} is not text in UTF-8"


def test_origin_names_the_file_of_a_variable_and_never_its_value(file: Path) -> None:
    file.write_text("DATABASE_URL=secret-word\n")
    assert config.origin("Check DATABASE_URL.") == f"DATABASE_URL is set in {file}."
    assert config.origin("Check SUPABASE_URL.") == ""
