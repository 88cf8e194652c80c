"""The files that benchmarks write: their results, and the pages and the plot made from the results."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs" / "explanation"
RESULTS = DOCS / "benchmarks.json"
BENCHMARKS_PAGE = DOCS / "benchmarks.md"
SCALE_PAGE = DOCS / "scale.md"
# The benchmarks page refers to the plot by its file name alone, so both stay in one folder.
PLOT = BENCHMARKS_PAGE.with_name("benchmarks.svg")
