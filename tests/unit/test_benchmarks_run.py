"""Benchmarks alternate the sides, run at the requested size, and give the command that repeats them."""

import subprocess
import sys

import pytest

from benchmarks.__main__ import Selection, selected_names
from benchmarks.catalog import ALL, BY_NAME
from benchmarks.measurement import alternate
from benchmarks.peers.program import NOT_INSTALLED
from benchmarks.processes import descendants
from benchmarks.size import Size
from processor.errors import UserError


def test_sides_alternate_in_going_first_and_each_run_has_a_new_table() -> None:
    events: list[str] = []

    def side(name: str) -> float:
        events.append(name)
        return 1.0

    samples = alternate(
        {"A": lambda: side("A"), "B": lambda: side("B")}, 3, lambda: events.append("new table"), lambda _: None
    )
    assert [event for event in events if event != "new table"] == ["A", "B", "B", "A", "A", "B"]
    assert events[::2] == ["new table"] * 6
    assert {name: len(seconds) for name, seconds in samples.items()} == {"A": 3, "B": 3}


def test_wrong_row_count_ends_the_comparison() -> None:
    def check(side: str) -> None:
        raise UserError(f"{side} has 9 rows, not 10")

    with pytest.raises(UserError, match="A has 9 rows"):
        alternate({"A": lambda: 1.0}, 1, lambda: None, check)


def test_names_are_unique_and_quick_sizes_are_not_larger() -> None:
    assert len(BY_NAME) == len(ALL)
    assert all(bench.quick.rows <= bench.full.rows and bench.quick.runs <= bench.full.runs for bench in ALL)


def test_comparisons_run_at_least_five_times_in_full() -> None:
    once = {"memory", "profile", "worthless"}
    assert all(bench.full.runs >= 5 for bench in ALL if bench.name not in once)


def test_requested_size_overrides_the_catalog() -> None:
    assert Selection(("main",), False, 7, None).size(BY_NAME["main"]) == Size(7, 5)
    assert Selection(("main",), True, None, 1).size(BY_NAME["main"]) == Size(200_000, 1)


def test_command_repeats_the_same_run() -> None:
    assert Selection(("main",), False, None, None).command(BY_NAME["main"]) == "scripts/bench run main"
    assert Selection(("main",), True, None, None).command(BY_NAME["main"]) == "scripts/bench run main --quick"
    assert Selection(("main",), False, 7, 2).command(BY_NAME["main"]) == "scripts/bench run main --rows 7 --runs 2"


def test_no_name_selects_all_and_an_unknown_name_is_an_error() -> None:
    assert selected_names(["run"]) == tuple(BY_NAME)
    assert selected_names(["run", "main", "wide"]) == selected_names(["main", "wide"]) == ("main", "wide")
    with pytest.raises(UserError, match="'mian'"):
        selected_names(["run", "mian"])


def test_program_of_a_missing_loader_names_it() -> None:
    code = "from benchmarks.peers.program import import_modules; import_modules('no_such_loader')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (NOT_INSTALLED, "no_such_loader is not installed\n")


def test_descendants_include_children_of_children() -> None:
    code = (
        "import subprocess, sys;"
        "subprocess.run([sys.executable, '-c', 'print(1, flush=True); input()'], stdin=sys.stdin)"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as parent:
        assert parent.stdout
        assert parent.stdout.readline() == b"1\n"
        assert len(descendants(parent.pid)) == 1
        parent.communicate(b"\n")
