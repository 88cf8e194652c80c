"""Rows of a sample: lines that are a row each take a shorter way, which gives the same."""

import io

from hypothesis import given, settings
from hypothesis import strategies as st

from processor.dialect.rows import read_rows

LINES = st.text('a,;"\\\n\r \t', max_size=60).map(lambda text: io.StringIO(text, newline="").readlines())
NEVER = "\x01"


@given(
    LINES, st.sampled_from(",;\t"), st.sampled_from(['"', "'", None]), st.sampled_from([None, "\\"]), st.integers(1, 5)
)
@settings(max_examples=1000, deadline=None)
def test_single_lines_are_read_as_any_others(
    lines: list[str], delimiter: str, quote: str | None, escape: str | None, most: int
) -> None:
    # A comment's mark, though no line has it, turns the shorter way off.
    slow = read_rows(lines, delimiter, quote, escape, NEVER, most)
    assert read_rows(lines, delimiter, quote, escape, None, most) == slow
