"""A disk that is full, or read-only, is what `stack up` says, not what a program of it happened to print."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from processor.local.disk import disk_error
from tests.servers import server_folder


@contextmanager
def disk(options: str) -> Iterator[Path]:
    """Mount a file system in memory; only root may."""
    with server_folder("import-jobs-disk-") as folder:
        mount = ["mount", "-t", "tmpfs", "-o", f"{options},mode=0711", "tmpfs", str(folder)]
        if subprocess.run(mount, capture_output=True, check=False).returncode != 0:
            pytest.skip("this account may not mount a file system")
        try:
            yield folder
        finally:
            subprocess.run(["umount", "-l", str(folder)], check=True)


def up(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "processor.cli", "stack", "up", "--no-api", "--data", str(folder), *options]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


@pytest.mark.parametrize(
    ("options", "reason"),
    [("size=20m", "the disk is full"), ("size=64k", "the disk is full"), ("ro,size=1m", "Read-only file system")],
)
@pytest.mark.parametrize("detach", [(), ("--detach",)], ids=["attached", "detached"])
def test_stack_says_that_the_disk_takes_no_more(options: str, reason: str, detach: tuple[str, ...]) -> None:
    with disk(options) as folder:
        outcome = up(folder / "stack", *detach)
    said = " ".join(outcome.stderr.split())
    assert outcome.returncode == 1
    assert reason in said
    assert "--data" in said
    assert "Traceback" not in said


@pytest.mark.parametrize(
    ("output", "reason"),
    [
        ('initdb: error: could not write file "/a": No space left on device', "the disk is full"),
        ("FATAL:  could not extend file: Disk quota exceeded", "the quota of the disk is used up"),
        ("FATAL:  could not extend file: wrote only 1 of 2 bytes\nHINT:  Check free disk space.", "the disk is full"),
        ('initdb: error: could not create directory "/a": Read-only file system', "the disk is read-only"),
    ],
)
def test_words_of_a_program_name_the_reason(output: str, reason: str) -> None:
    error = disk_error(Path("/data"), output)
    assert error is not None
    assert error.message == f"cannot write to /data: {reason}"


def test_other_words_are_another_cause() -> None:
    assert disk_error(Path("/data"), "initdb: error: invalid locale name") is None
