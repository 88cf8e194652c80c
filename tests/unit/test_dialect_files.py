"""Every file of tests/data is read, or fails, as the expectation beside it says."""

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
    """Read a file as a job does: detect the dialect, read the header, and cut the text below it into chunks."""
    dialect = dialects.detect(data, True, options)
    header, first = dialects.read_header(data, dialect)
    text = b"".join(dialects.text_stream(blocks_of(data, block), dialect, FileLimits()))
    chunks = list(
        records.cut(
            blocks_of(text[first.offset :], block), dialect, first, FileLimits(), lambda _: 20, width=len(header)
        )
    )
    return dialect, header, chunks


def test_there_are_enough_files() -> None:
    assert len(FILES) >= 80
    assert {path.stem for path in DATA.glob("*.json")} == set(FILES)


# A job looks for workbooks before it looks at the text.
WORKBOOKS = {"xlsx"}


@pytest.mark.parametrize("name", [name for name in FILES if name not in WORKBOOKS and "code" in expectation(name)])
def test_a_bad_file_is_an_error(name: str) -> None:
    expected = expectation(name)
    with pytest.raises(JobError) as caught:
        read((DATA / f"{name}.csv").read_bytes(), expected.get("options", {}))
    assert caught.value.code == expected["code"]
    assert expected.get("message", "") in caught.value.message


@pytest.mark.parametrize("block", [1, 5, 1000])
@pytest.mark.parametrize("name", [name for name in FILES if "code" not in expectation(name)])
def test_a_file_is_read(name: str, block: int) -> None:
    expected = expectation(name)
    dialect, header, chunks = read((DATA / f"{name}.csv").read_bytes(), expected.get("options", {}), block)
    parts = asdict(dialect)
    assert {part: parts[part] for part in expected.get("dialect", {})} == expected.get("dialect", {})
    assert header == expected["header"]
    assert [max(0, int(count)) for chunk in chunks for count in chunk.fields] == expected["fields"]
    if "first" in expected:
        body = records.canonical_csv(chunks[0], ~chunks[0].blank, dialect)
        mark = dialect.canonical_delimiter.decode("ascii", "replace")
        text = io.StringIO(body.replace(b"\xff", mark.encode()).decode(), newline="")
        first = next(csv.reader(text, delimiter=mark, strict=True))
        assert first == expected["first"]


@pytest.mark.parametrize("name", [name for name in FILES if "options" in expectation(name)])
def test_given_parts_are_marked_as_given(name: str) -> None:
    expected = expectation(name)
    if "code" in expected:
        return
    dialect, _, _ = read((DATA / f"{name}.csv").read_bytes(), expected["options"])
    assert {part for part, how in dialect.how.items() if how == "given"} == set(expected["options"]) - {"locale"}
