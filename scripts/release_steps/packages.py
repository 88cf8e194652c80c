"""Builds the source distribution, and a wheel of it for each platform."""

import sys
import tarfile
from pathlib import Path

from hatch_build import TARGETS, VARIABLE
from scripts.release_steps.command import run

HATCHLING = (sys.executable, "-m", "hatchling", "build", "--directory")


def build(tree: Path, output: Path, seconds: str) -> list[Path]:
    """Build everything that pip installs; return the source distribution and the wheels, in the order of TARGETS.

    Wheels are made from the source distribution, as pip makes one, so that a file which it lacks is missed here.
    Raises: ReleaseError.
    """
    time = {"SOURCE_DATE_EPOCH": seconds}
    run(*HATCHLING, output, "--target", "sdist", folder=tree, env=time)
    (sdist,) = output.glob("*.tar.gz")
    unpacked = tree.parent / "sdist"
    with tarfile.open(sdist) as archive:
        archive.extractall(unpacked, filter="data")
    (source,) = unpacked.iterdir()
    wheels: list[Path] = []
    for platform in TARGETS:
        run(*HATCHLING, output, "--target", "wheel", folder=source, env={**time, VARIABLE: platform})
        wheels += output.glob(f"*-{platform}.whl")
    return [sdist, *wheels]
