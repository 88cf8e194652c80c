"""A row that only Postgres can refuse is found by the line the server names, wherever line ends stand within values."""

from __future__ import annotations

import polars as pl
import pytest

from processor import load
from tests.conftest import Database

ENDS = ["\n", "\r", "\r\n", "\n\n", "a\r\nb\rc\n"]


@pytest.mark.parametrize("within", ENDS)
@pytest.mark.parametrize("place", range(4))
def test_refused_row_is_the_one_that_breaks_the_check(db: Database, within: str, place: int) -> None:
    """The server counts otherwise in the first row of a COPY, and each step of the isolation has a first row."""
    texts = ["x"] * 4
    texts[place] = f"x{within}y"
    frame = pl.DataFrame({"t": texts * 5, "n": [str(-1 if at in {3, 4, 9, 17} else at) for at in range(20)]})
    with db.connect() as conn:
        conn.execute("create table public.lines (t text, n integer check (n >= 0))")
        statement = load.copy_statement("public", "lines", ["t", "n"])
        with conn.transaction():
            refused = load.copy_isolating(conn, statement, frame)
        there = [row[0] for row in conn.execute("select n from public.lines order by n").fetchall()]
    assert [(each.row, each.code) for each in refused] == [(row, "IJ412") for row in (3, 4, 9, 17)]
    assert there == [at for at in range(20) if at not in {3, 4, 9, 17}]
