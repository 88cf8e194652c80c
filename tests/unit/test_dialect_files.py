"""Every file of tests/data is read, or refused, as the expectation beside it says."""

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from processor import dialect as dialects
from processor import records
from processor.errors import JobError
from processor.model import Chunk, Dialect, FileLimits

DATA = Path(__file__).parent.parent / "data"
FILES = sorted(path.stem for path in DATA.glob("*.csv"))


def expectation(name: str) -> dict[str, Any]:
    return json.loads((DATA / f"{name}.json").read_text())


def blocks_of(data: bytes, size: int) -> Iterator[bytes]:
    return (data[at : at + size] for at in range(0, len(data), size))


def read(data: bytes, options: dict[str, Any], block: int = 1000) -> tuple[Dialect, list[str], list[Chunk]]:
    """Read a file as a job does: sample, dialect, header, text from there on, chunks."""
    found = dialects.detect(data, True, options)
    header, first = dialects.read_header(data, found)
    text = b"".join(dialects.text_stream(blocks_of(data, block), found, FileLimits()))
    chunks = list(records.cut(blocks_of(text[first.offset :], block), found, first, FileLimits(), lambda _: 20))
    return found, header, chunks


def test_there_are_files_enough() -> None:
    assert len(FILES) >= 80
    assert {path.stem for path in DATA.glob("*.json")} == set(FILES)


@pytest.mark.parametrize("name", [name for name in FILES if "code" in expectation(name)])
def test_file_is_refused(name: str) -> None:
    expected = expectation(name)
    with pytest.raises(JobError) as caught:
        read((DATA / f"{name}.csv").read_bytes(), expected.get("options", {}))
    assert caught.value.code == expected["code"]
    assert expected.get("message", "") in caught.value.message


@pytest.mark.parametrize("block", [1, 5, 1000])
@pytest.mark.parametrize("name", [name for name in FILES if "code" not in expectation(name)])
def test_file_is_read(name: str, block: int) -> None:
    expected = expectation(name)
    found, header, chunks = read((DATA / f"{name}.csv").read_bytes(), expected.get("options", {}), block)
    dialect = asdict(found)
    assert {part: dialect[part] for part in expected.get("dialect", {})} == expected.get("dialect", {})
    assert header == expected["header"]
    assert [int(count) for chunk in chunks for count in chunk.fields] == expected["fields"]
    if "first" in expected:
        body = records.clean(chunks[0], ~chunks[0].blank, found).decode()
        first = next(csv.reader(io.StringIO(body, newline=""), delimiter=found.delimiter, strict=True))
        assert first == expected["first"]


@pytest.mark.parametrize("name", [name for name in FILES if "options" in expectation(name)])
def test_what_is_given_is_marked_as_given(name: str) -> None:
    expected = expectation(name)
    if "code" in expected:
        return
    found, _, _ = read((DATA / f"{name}.csv").read_bytes(), expected["options"])
    assert {part for part, how in found.how.items() if how == "given"} == set(expected["options"]) - {"locale"}
