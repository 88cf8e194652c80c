"""When the report's figures are kept, and which chunks they name."""

from __future__ import annotations

import numpy as np
import polars as pl

from processor.model import Column, Field, Plan, Position, Rejections, RowCounts, Rows
from processor.report import Report
from processor.report.top_values import TOP_ROWS
from processor.run.chunks.order import ChunkOrder
from processor.run.chunks.progress import Progress, WrittenChunk, ranges

PLAN = Plan(
    1,
    (
        Field(
            index=0,
            header="id",
            column=Column(name="id", type="text", base="text", kind="b", not_null=False, required=False),
        ),
    ),
)


def begun(keep_seconds: float) -> Progress:
    report = Report()
    report.begin(PLAN)
    return Progress(report, RowCounts(), 0, ChunkOrder(0), {}, keep_seconds=keep_seconds)


def add(progress: Progress, seq: int, rows: int) -> None:
    loaded = Rows(pl.DataFrame({"id": ["x"] * rows}), np.arange(rows))
    progress.add(WrittenChunk(seq=seq, rows=loaded, rejections=Rejections(), changes=(), counts=RowCounts(rows)))


def test_figures_are_kept_when_it_is_time_and_name_their_chunks() -> None:
    progress = begun(0)
    add(progress, 0, TOP_ROWS - 1)
    assert progress.figures_to_keep() is None
    add(progress, 2, 1)
    figures = progress.figures_to_keep()
    assert figures is not None
    assert (figures["rows"], figures["chunks"]) == (TOP_ROWS, [(0, 0), (2, 2)])


def test_figures_are_not_kept_before_it_is_time() -> None:
    progress = begun(3600)
    add(progress, 0, TOP_ROWS)
    assert progress.figures_to_keep() is None


def test_chunks_of_earlier_attempts_are_not_in_the_report_when_they_are_skipped() -> None:
    progress = begun(0)
    progress.skip(Position(seq=0), RowCounts(5))
    assert (progress.reported, progress.counts.loaded) == (set(), 5)


def test_ranges_join_neighbours() -> None:
    assert ranges([7, 1, 2, 3, 5]) == [(1, 3), (5, 5), (7, 7)]
    assert ranges([]) == []
