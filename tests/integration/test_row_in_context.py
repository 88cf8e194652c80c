"""A row that only Postgres rejects is found by the line that the server names, wherever its values have line ends."""

from __future__ import annotations

import polars as pl
import pytest

from processor.load import copy_target
from tests.columns import column
from tests.conftest import Database

LINE_ENDS = ["\n", "\r", "\r\n", "\n\n", "a\r\nb\rc\n"]
BAD = (3, 4, 9, 17)


@pytest.mark.parametrize("line_end", LINE_ENDS)
@pytest.mark.parametrize("place", range(4))
def test_rejected_row_is_the_one_that_violates_the_check(db: Database, line_end: str, place: int) -> None:
    """The server counts lines differently in the first row of a COPY, and each step of a bisection has a first row."""
    texts = ["x"] * 4
    texts[place] = f"x{line_end}y"
    frame = pl.DataFrame({"t": texts * 5, "n": [str(-1 if row in BAD else row) for row in range(20)]})
    target = copy_target("public", "lines", (column("text", "t"), column("integer", "n")))
    with db.connect() as conn:
        conn.execute("create table public.lines (t text, n integer check (n >= 0))")
        with conn.transaction():
            rejections, _ = target.write_accepted(conn, frame)
        loaded = [n for (n,) in conn.execute("select n from public.lines order by n").fetchall()]
    assert [(rejection.row, rejection.code) for rejection in rejections] == [(row, "IJ412") for row in BAD]
    assert loaded == [row for row in range(20) if row not in BAD]
