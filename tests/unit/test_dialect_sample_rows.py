"""The fast path for lines of one row each reads the same rows as the general one."""

import io

from hypothesis import given, settings
from hypothesis import strategies as st

from processor.dialect.sample_rows import read_rows
from tests.property_examples import examples

LINES = st.text('a,;"\\\n\r \t', max_size=60).map(lambda text: io.StringIO(text, newline="").readlines())
NEVER = "\x01"


@given(
    LINES, st.sampled_from(",;\t"), st.sampled_from(['"', "'", None]), st.sampled_from([None, "\\"]), st.integers(1, 5)
)
@settings(max_examples=examples(1000), deadline=None)
def test_the_fast_path_reads_the_same_rows(
    lines: list[str], delimiter: str, quote: str | None, escape: str | None, most: int
) -> None:
    # A comment mark turns the fast path off, even if no line has it.
    slow = read_rows(lines, delimiter, quote, escape, NEVER, most)
    assert read_rows(lines, delimiter, quote, escape, None, most) == slow
