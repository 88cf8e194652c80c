"""Check docs/reference/encodings.md: its measurements, and that none of them is wrong."""

import pytest

from docs.tools.encodings import PAGE, counts, languages, page, row

TEXT = PAGE.read_text(encoding="utf-8")
ROWS = [line.strip("| ").split(" | ") for line in TEXT.splitlines() if " · " in line]


def test_no_sample_is_read_wrong() -> None:
    assert [cells for cells in ROWS if any(cell.strip() and not cell.endswith(" · 0") for cell in cells[2:])] == []


def test_25_languages_and_their_encodings_are_measured() -> None:
    assert len({cells[0] for cells in ROWS}) >= 25
    assert {(cells[0], cells[1]) for cells in ROWS} <= {(name, one) for name, _, of in languages() for one in of}


def test_a_page_in_the_usual_encoding_of_its_language_is_read() -> None:
    assert [name for name, text, of in languages() if counts(text, of[0], 0, None) != {"right": 1}] == []


@pytest.mark.nightly
def test_the_page_has_the_measurements() -> None:
    assert page() == TEXT


@pytest.mark.parametrize(("language", "encoding"), [("ca", "cp1252"), ("pl", "cp1250"), ("tr", "iso8859-9")])
def test_lines_of_the_page_are_as_measured(language: str, encoding: str) -> None:
    text = next(text for name, text, _ in languages() if name == language)
    assert row(language, text, encoding) in TEXT.splitlines()
