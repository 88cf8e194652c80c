"""The benchmark's files: the rows asked for, the same ones each time, and bad rows that keep the length."""

import csv
from pathlib import Path

import pytest

from benchmarks.files import NARROW, PEOPLE, WIDE_KIND, Kind


def read(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


@pytest.mark.parametrize("kind", [PEOPLE, WIDE_KIND, NARROW])
def test_a_file_has_its_header_and_as_many_rows_of_as_many_fields(tmp_path: Path, kind: Kind) -> None:
    header, *rows = read(kind.write(tmp_path / "a.csv", 257))
    assert header == kind.names
    assert len(rows) == 257
    assert {len(row) for row in rows} == {len(header)}


@pytest.mark.parametrize("kind", [PEOPLE, WIDE_KIND, NARROW])
def test_a_file_is_the_same_each_time(tmp_path: Path, kind: Kind) -> None:
    assert kind.write(tmp_path / "a.csv", 300).read_bytes() == kind.write(tmp_path / "b.csv", 300).read_bytes()


def test_the_wide_file_has_two_hundred_columns() -> None:
    assert len(WIDE_KIND.names) == 200


def test_ids_go_on_across_blocks(tmp_path: Path) -> None:
    rows = read(WIDE_KIND.write(tmp_path / "a.csv", WIDE_KIND.block + 3, first=10))[1:]
    assert [row[0] for row in rows] == [str(10 + n) for n in range(WIDE_KIND.block + 3)]


def test_a_row_of_people_has_about_102_bytes(tmp_path: Path) -> None:
    file = PEOPLE.write(tmp_path / "a.csv", 10_000, first=4_000_000)
    assert 95 <= file.stat().st_size / 10_000 <= 105


def test_a_field_of_people_is_quoted_and_has_a_comma(tmp_path: Path) -> None:
    assert all("," in row[6] for row in read(PEOPLE.write(tmp_path / "a.csv", 50))[1:])


def test_every_hundredth_row_is_bad_and_the_file_as_long_as_the_clean_one(tmp_path: Path) -> None:
    clean, bad = PEOPLE.write(tmp_path / "a.csv", 1000), PEOPLE.write(tmp_path / "b.csv", 1000, bad_every=100)
    assert clean.stat().st_size == bad.stat().st_size
    differing = [n for n, (one, two) in enumerate(zip(read(clean)[1:], read(bad)[1:], strict=True)) if one != two]
    assert differing == list(range(99, 1000, 100))
    assert all(read(bad)[1 + n][5][5:7] == "13" for n in differing)
