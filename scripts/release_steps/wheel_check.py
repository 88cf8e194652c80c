"""Checks a wheel without running it: its tag, its version, its files, and for which machine its kernels were made."""

import re
import zipfile
from pathlib import Path

from hatch_build import load_sources
from scripts.release_steps import kernels
from scripts.release_steps.failure import ReleaseError
from scripts.release_steps.version import Version

PLATFORM = re.compile(r"(manylinux|macosx)_(\d+)_(\d+)_(\w+)")
SYSTEMS = {"manylinux": "linux", "macosx": "macos"}
HINT = "The build (hatch_build.py) is wrong; correct it and run the release again."


def check(wheel: Path, platform: str, version: Version, tree: Path) -> None:
    """Check that a wheel is what its name says, and has the migrations of the tree and kernels of its sources.

    Raises: ReleaseError.
    """
    sources = load_sources()
    name = f"import_jobs-{version.python}-py3-none-{platform}.whl"
    if wheel.name != name:
        raise ReleaseError(f"{wheel.name} should be called {name}", HINT)
    with zipfile.ZipFile(wheel) as archive:
        files = set(archive.namelist())
        info = f"import_jobs-{version.python}.dist-info"
        texts = {part: archive.read(f"{info}/{part}").decode().splitlines() for part in ("WHEEL", "METADATA")}
        library = archive.read("processor/native/kernels.so")
        stamp = archive.read(f"processor/native/{sources.STAMP_FILE}").decode().strip()
    migrations = {f"processor/migrations/{path.name}" for path in (tree / "supabase" / "migrations").glob("*.sql")}
    for is_right, what in (
        (f"Tag: py3-none-{platform}" in texts["WHEEL"], "has another tag inside than in its name"),
        ("Root-Is-Purelib: false" in texts["WHEEL"], "says that it has no compiled library"),
        (f"Version: {version.python}" in texts["METADATA"], "has another version inside than in its name"),
        (migrations <= files, "lacks migrations"),
        (stamp == sources.stamp_of(tree / "processor" / "native"), "has kernels of other sources"),
    ):
        if not is_right:
            raise ReleaseError(f"{wheel.name} {what}", HINT)
    check_library(library, platform, wheel.name)


def check_library(library: bytes, platform: str, name: str) -> None:
    """Check that a library can be loaded on every system that has the platform of its wheel.

    Raises: ReleaseError.
    """
    match = PLATFORM.fullmatch(platform)
    made = kernels.read(library)
    if match is None or made is None:
        raise ReleaseError(f"the kernels of {name} are no library of Linux or macOS", HINT)
    system, machine, oldest = SYSTEMS[match[1]], match[4], (int(match[2]), int(match[3]))
    if (made.system, made.machine) != (system, machine):
        raise ReleaseError(f"the kernels of {name} are for {made.system} on {made.machine}", HINT)
    if made.needs > oldest:
        needs = ".".join(map(str, made.needs))
        raise ReleaseError(f"the kernels of {name} need version {needs} of the system's library", HINT)
    if (system, machine) == ("macos", "arm64") and not made.signed:
        raise ReleaseError(f"the kernels of {name} are not signed, so macOS does not load them", HINT)
