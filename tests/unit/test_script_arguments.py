"""A script reports a wrong argument in one line that names the option, before it starts anything."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks.__main__ import parse_arguments as parse_bench_arguments
from tests.chaos.__main__ import parse_arguments as parse_chaos_arguments

ROOT = Path(__file__).parents[2]
NOT_POSITIVE = ("0", "-1", "nan", "inf")
WRONG = [
    *(
        (parse_bench_arguments, option, value)
        for option in ("--rows", "--runs")
        for value in ("0", "-5", "1.5", "many")
    ),
    *((parse_bench_arguments, "--gigabytes", value) for value in NOT_POSITIVE),
    *(
        (parse_chaos_arguments, option, value)
        for option in ("--seconds", "--recovery-seconds")
        for value in NOT_POSITIVE
    ),
    *((parse_chaos_arguments, "--processors", value) for value in ("0", "-1", "few")),
]


@pytest.mark.parametrize(("parse", "option", "value"), WRONG)
def test_value_that_is_not_a_positive_number_is_reported(
    capsys: pytest.CaptureFixture[str], parse: Callable[[list[str]], object], option: str, value: str
) -> None:
    with pytest.raises(SystemExit) as exited:
        parse([f"{option}={value}"])
    assert exited.value.code == 2
    assert f"argument {option}: {value!r} is not a " in capsys.readouterr().err.splitlines()[-1]


@pytest.mark.parametrize(("module", "option"), [("benchmarks", "--rows"), ("tests.chaos", "--seconds")])
def test_script_with_a_wrong_value_ends_without_a_traceback(module: str, option: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", module, f"{option}=0"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert f"argument {option}: '0' is not a " in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr


def test_unknown_set_up_is_reported() -> None:
    done = subprocess.run(["scripts/setup", "everything"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr == 'error: unknown set-up "everything"; use local, dev or bench\n'
