"""The benchmark's pages are made of the kept results alone: goals, small runs, what did not run, the plot."""

from pathlib import Path
from xml.etree import ElementTree

import pytest

from benchmarks import markdown, page, plot, results, scale
from benchmarks.compare import RATIO
from benchmarks.results import OURS, PSQL, Book, Figure, Goal, Listing, Outcome, Result

DOCS = Path(__file__).parents[2] / "docs"


def comparison(name: str, ours: float, theirs: float, *, full: bool = True) -> Result:
    samples = {OURS: [ours, ours + 1, ours + 2], PSQL: [theirs, theirs, theirs]}
    value = results.ratio(samples)
    figures = (Figure(RATIO, value, "×", Goal(low=1.3)), Figure("rows per second", 1000 / ours, "rows/s"))
    return Result(
        name, f"work {name}", f"scripts/bench run {name}", "2026-11-22", full, Outcome("1 row", samples, figures)
    )


def profile(**figures: float) -> Result:
    found = tuple(Figure(label.replace("_", " "), value, "s") for label, value in figures.items())
    listing = Listing("Steps", ("step", "time"), (("load", "1 s"),))
    outcome = Outcome("1,000,000 rows, 102 MB", {}, found, (listing,))
    return Result("profile", "where the time goes", "scripts/bench run profile", "2026-11-22", True, outcome)


def book(*found: Result) -> Book:
    return Book({"cores": "2"}, {each.name: each for each in found})


def test_the_ratio_is_that_of_the_medians() -> None:
    assert results.ratio({OURS: [1, 2, 30], PSQL: [9, 4, 4]}) == 2


@pytest.mark.parametrize(
    ("goal", "value", "reached"),
    [(Goal(low=2), 2, True), (Goal(low=2), 1.9, False), (Goal(high=2), 2, True), (Goal(high=2), 2.1, False)],
)
def test_a_goal_is_a_bound_and_includes_it(goal: Goal, value: float, reached: bool) -> None:
    assert goal.reached(value) is reached


def test_results_are_read_as_they_were_written(tmp_path: Path) -> None:
    kept = book(comparison("main", 10, 20), profile(CPU_of_Postgres=3.0))
    results.save(tmp_path / "a.json", kept)
    results.save(tmp_path / "b.json", results.load(tmp_path / "a.json"))
    assert (tmp_path / "a.json").read_text() == (tmp_path / "b.json").read_text()


def test_a_small_run_does_not_take_the_place_of_a_full_one() -> None:
    kept = book(comparison("main", 10, 20))
    assert kept.with_result(comparison("main", 1, 2, full=False)) is kept


def test_a_full_run_takes_the_place_of_a_small_one_and_leaves_the_others() -> None:
    kept = book(comparison("main", 10, 20, full=False), comparison("wide", 1, 1))
    found = kept.with_result(comparison("main", 1, 2))
    assert found.results["main"].full
    assert found.results["wide"] == kept.results["wide"]


def test_a_failed_full_run_gives_way_to_a_small_one() -> None:
    failed = Result("main", "work", "c", "2026-11-22", True, Outcome("1 row", missing="no disk"))
    assert not book(failed).with_result(comparison("main", 1, 2, full=False)).results["main"].outcome.missing


def test_the_page_shows_ratio_goal_and_verdict() -> None:
    text = page.generated(book(comparison("main", 9, 20), comparison("wide", 20, 20)))
    sides = "10.0 s (9.00 s – 11.0 s) | 20.0 s (20.0 s – 20.0 s)"
    assert f"| work main | 1 row | {sides} | **2.00 ×** | ≥ 1.3 ×, reached | 3 |" in text
    assert "≥ 1.3 ×, not reached" in text


def test_the_page_marks_small_runs_and_names_what_did_not_run() -> None:
    missing = Result("wide", "200 columns", "c", "2026-11-22", True, Outcome("1 row", missing="needs 35 GB of disk"))
    text = page.generated(book(comparison("main", 9, 20, full=False), missing))
    assert "| *1 row* |" in text
    assert "- 200 columns (`wide`): needs 35 GB of disk" in text


def test_what_is_written_by_hand_stays() -> None:
    once = markdown.replaced("# Title\n\nBy hand.\n", "one")
    twice = markdown.replaced(once + "\nMore by hand.\n", "two")
    assert twice.startswith("# Title\n\nBy hand.\n")
    assert twice.endswith("\nMore by hand.\n")
    assert "two" in twice
    assert "one" not in twice


def test_the_plot_is_an_image_with_a_bar_and_a_goal_for_each_comparison() -> None:
    root = ElementTree.fromstring(plot.svg(book(comparison("main", 9, 20), comparison("a<b", 20, 20))))  # noqa: S314
    texts = [each.text for each in root.iter("{http://www.w3.org/2000/svg}text")]
    assert {"work main", "work a<b", "2.00 ×"} <= set(texts)
    bars = [each for each in root.iter("{http://www.w3.org/2000/svg}rect") if each.get("height") == str(plot.BAR)]
    assert float(bars[0].get("width", "")) == pytest.approx(2.1 * float(bars[1].get("width", "")), rel=0.01)


def test_other_loaders_have_a_table_and_bars_of_their_own() -> None:
    samples = {OURS: [2.0], PSQL: [3.0]}
    speeds = (Figure(f"rows per second of {OURS}", 500, "rows/s"), Figure(f"rows per second of {PSQL}", 333, "rows/s"))
    outcome = Outcome("1,000 rows", samples, (Figure(RATIO, 1.5, "×"), *speeds))
    both = book(comparison("main", 9, 20), Result("peers", "others", "c", "2026-11-22", True, outcome))
    against_psql, _, others = page.generated(both).partition("## Other loaders")
    assert "1.50 ×" not in against_psql
    assert "| psql | 3.00 s |" in others
    texts = [each.text for each in ElementTree.fromstring(plot.svg(both)).iter("{http://www.w3.org/2000/svg}text")]  # noqa: S314
    assert "others" not in texts
    assert "500" in texts


def test_the_plot_of_no_results_is_an_empty_image() -> None:
    assert ElementTree.fromstring(plot.svg(Book())).tag.endswith("svg")  # noqa: S314


def test_the_scale_page_computes_from_what_was_measured() -> None:
    measured = profile(
        CPU_of_Postgres=4.0, CPU_of_the_processor=2.0, WAL_written=125.0, WAL_per_megabyte_of_the_file=1.25
    )
    found = scale.measured(book(comparison("main", 10, 20), measured))
    assert found.rows == 100
    assert found.database_cpu == pytest.approx(4e-6)
    assert found.wal_bytes_per_row == pytest.approx(125)
    assert found.file_bytes_per_row == pytest.approx(100)
    # Eight cores of a database take 2 million rows a second; the log takes 1 million, which is less.
    assert "| 8 | 4 | 1,000,000 rows/s | 86.4 billion | the log: 125 MB/s / W |" in scale.sites(found)


def test_the_scale_page_says_what_is_not_measured_yet() -> None:
    assert scale.generated(Book()).count(scale.NONE) > 10


def test_the_pages_in_docs_are_those_of_the_kept_results() -> None:
    kept = results.load(DOCS / "benchmarks.json")
    for name, generated in (("benchmarks.md", page.generated(kept)), ("scale.md", scale.generated(kept))):
        text = (DOCS / name).read_text(encoding="utf-8")
        assert markdown.replaced(text, generated) == text, "run scripts/bench page"
    assert (DOCS / "benchmarks.svg").read_text(encoding="utf-8") == plot.svg(kept)
