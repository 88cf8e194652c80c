"""How the benchmark runs: both sides in turn, at the size asked for, with a command that does it again."""

import subprocess
import sys

import pytest

from benchmarks.__main__ import Given, names_of
from benchmarks.catalog import ALL, BY_NAME
from benchmarks.peers.program import ABSENT
from benchmarks.processors import children
from benchmarks.sides import alternate
from benchmarks.size import Size
from processor.errors import UserError


def test_sides_take_turns_at_going_first_each_on_a_fresh_table() -> None:
    happened: list[str] = []

    def side(name: str) -> float:
        happened.append(name)
        return 1.0

    samples = alternate(
        {"A": lambda: side("A"), "B": lambda: side("B")}, 3, lambda: happened.append("fresh"), lambda _: None
    )
    assert [each for each in happened if each != "fresh"] == ["A", "B", "B", "A", "A", "B"]
    assert happened[::2] == ["fresh"] * 6
    assert {name: len(seconds) for name, seconds in samples.items()} == {"A": 3, "B": 3}


def test_a_side_that_loaded_wrong_ends_the_comparison() -> None:
    def check(side: str) -> None:
        raise UserError(f"{side} has 9 rows, not 10")

    with pytest.raises(UserError, match="A has 9 rows"):
        alternate({"A": lambda: 1.0}, 1, lambda: None, check)


def test_names_are_unique_and_quick_sizes_are_not_larger() -> None:
    assert len(BY_NAME) == len(ALL)
    assert all(each.quick.rows <= each.full.rows and each.quick.runs <= each.full.runs for each in ALL)


def test_comparisons_run_at_least_five_times_in_full() -> None:
    once = {"memory", "profile"}
    assert all(each.full.runs >= 5 for each in ALL if each.name not in once)


def test_what_is_given_wins_over_the_usual_size() -> None:
    assert Given(("main",), False, 7, None).size(BY_NAME["main"]) == Size(7, 5)
    assert Given(("main",), True, None, 1).size(BY_NAME["main"]) == Size(200_000, 1)


def test_the_command_does_the_same_again() -> None:
    assert Given(("main",), False, None, None).command(BY_NAME["main"]) == "scripts/bench run main"
    assert Given(("main",), True, None, None).command(BY_NAME["main"]) == "scripts/bench run main --quick"
    assert Given(("main",), False, 7, 2).command(BY_NAME["main"]) == "scripts/bench run main --rows 7 --runs 2"


def test_no_name_means_all_and_an_unknown_one_is_named() -> None:
    assert names_of(["run"]) == tuple(BY_NAME)
    assert names_of(["run", "main", "wide"]) == names_of(["main", "wide"]) == ("main", "wide")
    with pytest.raises(UserError, match="'mian'"):
        names_of(["run", "mian"])


def test_a_peer_that_is_not_installed_says_so_by_name() -> None:
    code = "from benchmarks.peers.program import needed; needed('no_such_loader')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (ABSENT, "no_such_loader is not installed\n")


def test_children_are_found_with_theirs() -> None:
    code = (
        "import subprocess, sys;"
        "subprocess.run([sys.executable, '-c', 'print(1, flush=True); input()'], stdin=sys.stdin)"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as parent:
        assert parent.stdout
        assert parent.stdout.readline() == b"1\n"
        assert len(children(parent.pid)) == 1
        parent.communicate(b"\n")
