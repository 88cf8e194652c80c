"""The pages and the plot are made from the saved results alone."""

from pathlib import Path
from xml.etree import ElementTree

import pytest

from benchmarks import markdown, page, paths, plot, results, scale
from benchmarks.comparisons import RATIO
from benchmarks.results import OURS, PSQL, Figure, Goal, Listing, Outcome, Result, ResultSet


def comparison(name: str, ours: float, theirs: float, *, full: bool = True) -> Result:
    samples = {OURS: [ours, ours + 1, ours + 2], PSQL: [theirs, theirs, theirs]}
    value = results.ratio(samples)
    figures = (Figure(RATIO, value, "×", Goal(low=1.3)), Figure("rows per second", 1000 / ours, "rows/s"))
    return make_result(name, f"work {name}", Outcome(size="1 row", samples=samples, figures=figures), full=full)


def make_result(name: str, title: str, outcome: Outcome, *, full: bool = True) -> Result:
    return Result(
        name=name,
        title=title,
        command=f"scripts/bench run {name}",
        date="2026-11-22",
        measured_on="PostgreSQL 18.6, a CPU",
        full=full,
        outcome=outcome,
    )


def profile(**figures: float) -> Result:
    profile_figures = tuple(Figure(label.replace("_", " "), value, "s") for label, value in figures.items())
    listing = Listing("Steps", ("step", "time"), (("load", "1 s"),))
    outcome = Outcome(size="1,000,000 rows, 102 MB", figures=profile_figures, listings=(listing,))
    return make_result("profile", "time by step", outcome)


def result_set(*members: Result) -> ResultSet:
    return ResultSet({"cores": "2"}, {member.name: member for member in members})


def test_ratio_is_computed_from_the_medians() -> None:
    assert results.ratio({OURS: [1, 2, 30], PSQL: [9, 4, 4]}) == 2


@pytest.mark.parametrize(
    ("goal", "value", "reached"),
    [(Goal(low=2), 2, True), (Goal(low=2), 1.9, False), (Goal(high=2), 2, True), (Goal(high=2), 2.1, False)],
)
def test_goal_is_an_inclusive_bound(goal: Goal, value: float, reached: bool) -> None:
    assert goal.reached(value) is reached


def test_results_survive_saving_and_loading(tmp_path: Path) -> None:
    saved = result_set(comparison("main", 10, 20), profile(CPU_of_Postgres=3.0))
    results.save(tmp_path / "a.json", saved)
    results.save(tmp_path / "b.json", results.load(tmp_path / "a.json"))
    assert (tmp_path / "a.json").read_text() == (tmp_path / "b.json").read_text()


def test_small_run_does_not_replace_a_full_one() -> None:
    saved = result_set(comparison("main", 10, 20))
    assert saved.with_result(comparison("main", 1, 2, full=False)) is saved


def test_full_run_replaces_a_small_one_and_keeps_the_other_results() -> None:
    saved = result_set(comparison("main", 10, 20, full=False), comparison("wide", 1, 1))
    updated = saved.with_result(comparison("main", 1, 2))
    assert updated.results["main"].full
    assert updated.results["wide"] == saved.results["wide"]


def test_small_run_replaces_a_failed_full_one() -> None:
    failed = make_result("main", "work", Outcome(size="1 row", missing="no disk"))
    assert not result_set(failed).with_result(comparison("main", 1, 2, full=False)).results["main"].outcome.missing


def test_page_shows_ratio_goal_and_whether_it_is_reached() -> None:
    text = page.generate(result_set(comparison("main", 9, 20), comparison("wide", 20, 20)))
    sides = "10.0 s (9.00 s – 11.0 s) | 20.0 s (20.0 s – 20.0 s)"
    assert f"| work main | 1 row | {sides} | **2.00 ×** | ≥ 1.3 ×, reached | 3 |" in text
    assert "≥ 1.3 ×, not reached" in text


def test_page_marks_small_runs_and_names_benchmarks_that_did_not_run() -> None:
    missing = make_result("wide", "200 columns", Outcome(size="1 row", missing="needs 35 GB of disk"))
    text = page.generate(result_set(comparison("main", 9, 20, full=False), missing))
    assert "| *1 row* |" in text
    assert "- 200 columns (`wide`): needs 35 GB of disk" in text


def test_rows_that_are_refused_have_their_own_table_with_each_bound() -> None:
    figures = (Figure("5 %", 1.2, "×", Goal(high=1.3)), Figure("100 %", 4.0, "×", Goal(high=3)))
    outcome = Outcome(size="9 rows", samples={"clean": [2.0], "5 %": [2.4], "100 %": [8.0]}, figures=figures)
    text = page.generate(result_set(make_result("refused-check", "refused by a check", outcome)))
    ratios = "**1.20 ×**, ≤ 1.3 ×, reached | **4.00 ×**, ≤ 3 ×, not reached"
    assert f"| a check | 9 rows | 2.00 s (2.00 s – 2.00 s) | {ratios} | 1 |" in text
    assert "## Memory" not in text


def test_text_outside_the_markers_is_kept() -> None:
    once = markdown.replace_generated("# Title\n\nBy hand.\n", "one")
    twice = markdown.replace_generated(once + "\nMore by hand.\n", "two")
    assert twice.startswith("# Title\n\nBy hand.\n")
    assert twice.endswith("\nMore by hand.\n")
    assert "two" in twice
    assert "one" not in twice


def test_plot_has_a_bar_for_each_comparison() -> None:
    root = ElementTree.fromstring(plot.svg(result_set(comparison("main", 9, 20), comparison("a<b", 20, 20))))  # noqa: S314
    texts = [element.text for element in root.iter("{http://www.w3.org/2000/svg}text")]
    assert {"work main", "work a<b", "2.00 ×"} <= set(texts)
    bars = [rect for rect in root.iter("{http://www.w3.org/2000/svg}rect") if rect.get("height") == str(plot.BAR)]
    assert float(bars[0].get("width", "")) == pytest.approx(2.1 * float(bars[1].get("width", "")), rel=0.01)


def test_other_loaders_have_their_own_table_and_bars() -> None:
    samples = {OURS: [2.0], PSQL: [3.0]}
    speeds = (Figure(f"rows per second of {OURS}", 500, "rows/s"), Figure(f"rows per second of {PSQL}", 333, "rows/s"))
    outcome = Outcome(size="1,000 rows", samples=samples, figures=(Figure(RATIO, 1.5, "×"), *speeds))
    both = result_set(comparison("main", 9, 20), make_result("peers", "others", outcome))
    against_psql, _, others = page.generate(both).partition("## Other loaders")
    assert "1.50 ×" not in against_psql
    assert "| psql | 3.00 s |" in others
    root = ElementTree.fromstring(plot.svg(both))  # noqa: S314
    texts = [element.text for element in root.iter("{http://www.w3.org/2000/svg}text")]
    assert "others" not in texts
    assert "500" in texts


def test_plot_without_results_is_an_empty_image() -> None:
    assert ElementTree.fromstring(plot.svg(ResultSet())).tag.endswith("svg")  # noqa: S314


def test_scale_page_is_computed_from_the_results() -> None:
    measured = profile(
        CPU_of_Postgres=4.0, CPU_of_the_processor=2.0, WAL_written=125.0, WAL_per_megabyte_of_the_file=1.25
    )
    inputs = scale.read_inputs(result_set(comparison("main", 10, 20), measured))
    assert inputs.rows_per_second == 100
    assert inputs.database_cpu == pytest.approx(4e-6)
    assert inputs.wal_bytes_per_row == pytest.approx(125)
    assert inputs.file_bytes_per_row == pytest.approx(100)
    # Eight cores of a database load 2 million rows a second, but the log takes 1 million only.
    assert "| 8 | 4 | 1,000,000 rows/s | 86.4 billion | the log: 125 MB/s / W |" in scale.installation_table(inputs)


def test_scale_page_names_figures_that_are_not_measured() -> None:
    assert scale.generate(ResultSet()).count(scale.NOT_MEASURED) > 10


def test_pages_in_docs_match_the_saved_results() -> None:
    saved = results.load(paths.RESULTS)
    pages = ((paths.BENCHMARKS_PAGE, page.generate(saved)), (paths.SCALE_PAGE, scale.generate(saved)))
    for path, generated in pages:
        text = path.read_text(encoding="utf-8")
        assert markdown.replace_generated(text, generated) == text, "run scripts/bench page"
    assert paths.PLOT.read_text(encoding="utf-8") == plot.svg(saved)
