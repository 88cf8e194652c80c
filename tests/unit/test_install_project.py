"""Where a project's folder is, which version its next migration gets, and what its files contain of ours."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from processor.database import migrate
from processor.database.migrate import Migration
from processor.errors import UserError
from processor.install import migration_file, project

NOW = datetime(2026, 11, 28, 12, 0, 0, tzinfo=UTC)
ALL = migrate.migrations()


@pytest.fixture
def supabase(tmp_path: Path) -> Path:
    folder = tmp_path / "supabase"
    (folder / "migrations").mkdir(parents=True)
    (folder / "config.toml").write_text('project_id = "own"\n', encoding="utf-8")
    return folder


def test_folder_is_found_from_below(supabase: Path) -> None:
    below = supabase.parent / "app" / "deep"
    below.mkdir(parents=True)
    assert project.find(below) == supabase
    assert project.find(supabase.parent) == supabase


def test_folder_without_configuration_is_found_beside_the_caller(tmp_path: Path) -> None:
    (tmp_path / "supabase").mkdir()
    assert project.find(tmp_path) == tmp_path / "supabase"


def test_no_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="there is no folder supabase") as caught:
        project.find(tmp_path)
    assert caught.value.code == "IJ130"


@pytest.mark.parametrize(
    ("newest", "expected"),
    [
        (None, "20261128120000"),
        ("20261128115959_older.sql", "20261128120000"),
        ("20261128120000_now.sql", "20261128120001"),
        ("20261231235959_future.sql", "20270101000000"),
        ("20261399999999_no_time.sql", "20261400000000"),
        ("0001_numbered.sql", "20261128120000"),
        ("readme.sql", "20261128120000"),
    ],
)
def test_version_is_newer_than_every_file(supabase: Path, newest: str | None, expected: str) -> None:
    if newest:
        (supabase / "migrations" / newest).write_text("select 1;", encoding="utf-8")
    assert project.next_version(supabase, NOW) == expected


def test_time_is_that_of_utc(supabase: Path) -> None:
    east = datetime.fromisoformat("2026-11-28T13:00:00+05:00")
    assert project.next_version(supabase, east) == "20261128080000"


def test_contents_are_read_from_all_files_of_ours() -> None:
    first, second = migration_file.render(ALL[:3], "0.1.0"), migration_file.render(ALL[3:], "0.2.0")
    expected = {migration.version: migration.sha256 for migration in ALL}
    assert migration_file.contents(["create table own ();", first, "select 1;", second]) == expected
    assert migration_file.contents([first]) == dict(list(expected.items())[:3])


def test_removal_in_a_later_file_starts_anew() -> None:
    text = migration_file.render(ALL, "0.1.0")
    assert migration_file.contents([text, "-- not yet: select importer.uninstall();"]) != {}
    assert migration_file.contents([text, "select importer.uninstall ();"]) == {}
    assert migration_file.contents([text, "select * from importer.uninstall();", text]) != {}


@pytest.mark.parametrize("mark", ["$import_jobs$", "$migration$", "$history$"])
def test_reserved_marks_are_refused(mark: str) -> None:
    with pytest.raises(ValueError, match="reserved"):
        migration_file.block(Migration("20990101000000", "bad", f"select {mark}x{mark};"), "0.1.0")


def test_blocks_contain_the_texts_as_they_are() -> None:
    text = migration_file.render(ALL, "0.1.0")
    assert [migration.stem for migration in ALL if migration.sql not in text] == []
    assert text.count("do $import_jobs$") == len(ALL)
    assert text.endswith("\nnotify pgrst, 'reload schema';\n")
