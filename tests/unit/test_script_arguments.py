"""What scripts say of a wrong value: one line that names the option, before anything is started."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BENCH, CHAOS = "benchmarks", "tests.chaos"


@pytest.mark.parametrize(
    ("module", "option", "value"),
    [
        *((BENCH, option, value) for option in ("--rows", "--runs") for value in ("0", "-5", "1.5", "many")),
        *((BENCH, "--gigabytes", value) for value in ("0", "-1", "nan", "inf")),
        *((CHAOS, option, value) for option in ("--seconds", "--heal-seconds") for value in ("0", "-1", "nan", "inf")),
        *((CHAOS, "--processors", value) for value in ("0", "-1", "few")),
    ],
)
def test_value_that_is_no_amount_is_refused(module: str, option: str, value: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", module, f"{option}={value}"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert f"argument {option}: {value!r} is no " in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr


def test_unknown_kind_of_set_up_is_refused() -> None:
    done = subprocess.run(["scripts/setup", "everything"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr == "error: there is nothing called everything to set up — scripts/setup local, dev or bench\n"
