"""Rows and values as lines of text: whatever the width, all of it is there and nothing is wider."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from processor.cli import layout

TEXTS = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp", "Mn", "Me", "Cf")), max_size=60
)
WIDTHS = st.integers(40, 200)


def letters(*texts: str) -> str:
    return re.sub(r"\s+", "", "".join(texts))


@given(text=TEXTS, width=WIDTHS)
def test_folded_text_fits_and_is_whole(text: str, width: int) -> None:
    lines = layout.folded(text, width)
    assert letters(*lines) == letters(text)
    assert all(cell_len(line) <= width for line in lines)


@given(rows=st.lists(st.tuples(TEXTS, TEXTS, TEXTS), min_size=1, max_size=4), width=WIDTHS)
def test_table_fits_and_is_whole(rows: list[tuple[str, str, str]], width: int) -> None:
    lines = layout.table(("a", "b", "c"), rows, width, right=(1,))
    assert all(cell_len(line) <= width for line in lines)
    for cell in (cell for row in rows for cell in row):
        assert letters(cell) in letters(*lines)


@given(rows=st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=4))
def test_table_without_a_width_has_a_line_for_each_row(rows: list[tuple[str, str]]) -> None:
    lines = layout.table(("a", "b"), rows, None)
    assert len(lines) == len(rows) + 1
    for line, row in zip(lines[1:], rows, strict=True):
        assert all(cell.strip() in line for cell in row)


@given(pairs=st.dictionaries(st.text("abc_", min_size=1, max_size=12), TEXTS, min_size=1, max_size=4), width=WIDTHS)
def test_values_fit_and_are_whole(pairs: dict[str, str], width: int) -> None:
    lines = layout.values(pairs, width)
    assert all(cell_len(line) <= width for line in lines)
    assert letters(*lines) == letters(*(name + value for name, value in pairs.items()))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (12, "12"),
        ("São Paulo 東京 👩‍👩‍👧", "São Paulo 東京 👩‍👩‍👧"),
        ("a\nb\x1b[31m\x07", r"a\nb\x1b[31m\x07"),
        ("\u202eevil\u2066", r"\u202eevil\u2066"),
        ("a\u2028b", r"a\u2028b"),
    ],
)
def test_printable_text_is_one_line_without_control_characters(value: object, text: str) -> None:
    assert layout.printable(value) == text
