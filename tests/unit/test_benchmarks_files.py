"""Generated files have the requested rows, the same bytes each time, and bad rows that keep their length."""

import csv
from pathlib import Path

import pytest

from benchmarks.files import NARROW, PEOPLE, WIDE, FileKind
from benchmarks.refused import ALL, CAUSES, CLEAN, SOME, Cause, refused_rows, write


def read(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


@pytest.mark.parametrize("kind", [PEOPLE, WIDE, NARROW])
def test_file_has_a_header_and_the_requested_rows_of_full_length(tmp_path: Path, kind: FileKind) -> None:
    header, *rows = read(kind.write(tmp_path / "a.csv", 257))
    assert header == kind.names
    assert len(rows) == 257
    assert {len(row) for row in rows} == {len(header)}


@pytest.mark.parametrize("kind", [PEOPLE, WIDE, NARROW])
def test_file_is_the_same_each_time(tmp_path: Path, kind: FileKind) -> None:
    assert kind.write(tmp_path / "a.csv", 300).read_bytes() == kind.write(tmp_path / "b.csv", 300).read_bytes()


def test_wide_file_has_two_hundred_columns() -> None:
    assert len(WIDE.names) == 200


def test_ids_continue_across_blocks(tmp_path: Path) -> None:
    rows = read(WIDE.write(tmp_path / "a.csv", WIDE.block_rows + 3, first=10))[1:]
    assert [row[0] for row in rows] == [str(10 + n) for n in range(WIDE.block_rows + 3)]


def test_row_of_people_has_about_102_bytes(tmp_path: Path) -> None:
    file = PEOPLE.write(tmp_path / "a.csv", 10_000, first=4_000_000)
    assert 95 <= file.stat().st_size / 10_000 <= 105


def test_quoted_field_of_people_contains_a_comma(tmp_path: Path) -> None:
    assert all("," in row[6] for row in read(PEOPLE.write(tmp_path / "a.csv", 50))[1:])


def test_every_hundredth_row_is_bad_and_the_file_keeps_the_length_of_the_clean_one(tmp_path: Path) -> None:
    clean, bad = PEOPLE.write(tmp_path / "a.csv", 1000), PEOPLE.write(tmp_path / "b.csv", 1000, bad_every=100)
    assert clean.stat().st_size == bad.stat().st_size
    differing = [n for n, (a, b) in enumerate(zip(read(clean)[1:], read(bad)[1:], strict=True)) if a != b]
    assert differing == list(range(99, 1000, 100))
    assert all(read(bad)[1 + n][5][5:7] == "13" for n in differing)


@pytest.mark.parametrize("cause", CAUSES, ids=lambda cause: cause.name)
def test_files_of_refused_rows_differ_in_those_alone(tmp_path: Path, cause: Cause) -> None:
    clean, some, every = (read(write(tmp_path / f"{side}.csv", 201, cause, side))[1:] for side in (CLEAN, SOME, ALL))
    assert [refused_rows(201, side) for side in (CLEAN, SOME, ALL)] == [0, 10, 200]
    expected = [] if cause.column is None else list(range(20, 201, 20))
    assert [at for at, (row, other) in enumerate(zip(clean, some, strict=True)) if row != other] == expected
    differing = [at for at, (row, other) in enumerate(zip(clean, every, strict=True)) if row != other]
    assert differing == ([] if cause.column is None else list(range(1, 201)))
