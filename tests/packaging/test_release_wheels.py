"""scripts/release reads in a wheel for which machine it was made, without running it."""

from __future__ import annotations

import platform
import struct
import zipfile
from pathlib import Path

import pytest

from hatch_build import FOLDER, LIBRARY, TARGETS, load_sources
from scripts.release_steps import kernels, wheel_check
from scripts.release_steps.failure import ReleaseError
from scripts.release_steps.kernels import Library
from scripts.release_steps.version import Version
from tests.packaging.release_repository import ROOT

VERSION = Version("9.1.0")
X86, ARM = 0x0100_0007, 0x0100_000C
LINUX, MAC = "manylinux_2_17_x86_64", "macosx_11_0_arm64"


def elf(machine: int, *versions: str) -> bytes:
    """Return the header of a library of Linux, and the names of the versions of glibc that it needs."""
    names = b"\0".join(f"GLIBC_{text}".encode() for text in versions)
    return b"\x7fELF\x02\x01\x01" + bytes(9) + struct.pack("<HH", 3, machine) + bytes(44) + b"\0" + names + b"\0"


def mach(cpu: int, oldest: tuple[int, int], *, signed: bool, command: int = kernels.LC_BUILD_VERSION) -> bytes:
    """Return the header of a library of macOS."""
    version = oldest[0] << 16 | oldest[1] << 8
    minimum = (1, version, 0, 0) if command == kernels.LC_BUILD_VERSION else (version, 0, 0, 0)
    commands = [struct.pack("<6I", command, 24, *minimum)]
    if signed:
        commands.append(struct.pack("<4I", kernels.LC_CODE_SIGNATURE, 16, 0, 0))
    return struct.pack("<8I", kernels.MACH_64, cpu, 0, 6, len(commands), 0, 0, 0) + b"".join(commands)


def test_kernels_of_this_machine_are_recognised() -> None:
    made = kernels.read(LIBRARY.read_bytes())
    assert made is not None
    assert (made.system, made.machine) == ({"Darwin": "macos"}.get(platform.system(), "linux"), platform.machine())


@pytest.mark.parametrize(
    ("content", "made"),
    [
        (elf(62, "2.4", "2.14", "2.2.5"), Library("linux", "x86_64", (2, 14))),
        (elf(183), Library("linux", "aarch64", (0, 0))),
        (elf(8), None),
        (elf(62)[:4] + b"\x01" + elf(62)[5:], None),
        (mach(ARM, (11, 0), signed=True), Library("macos", "arm64", (11, 0), signed=True)),
        (mach(X86, (10, 15), signed=False), Library("macos", "x86_64", (10, 15))),
        (mach(X86, (10, 9), signed=False, command=kernels.LC_VERSION_MIN_MACOSX), Library("macos", "x86_64", (10, 9))),
        (mach(7, (11, 0), signed=True), None),
        (mach(ARM, (11, 0), signed=True)[:40], None),
        (b"", None),
        (b"MZ\x90\x00", None),
    ],
)
def test_header_says_for_which_machine_a_library_was_made(content: bytes, made: Library | None) -> None:
    assert kernels.read(content) == made


@pytest.mark.parametrize(
    ("library", "name", "message"),
    [
        (elf(183), LINUX, "are for linux on aarch64"),
        (mach(X86, (11, 0), signed=True), LINUX, "are for macos on x86_64"),
        (elf(62, "2.18"), LINUX, r"need version 2\.18"),
        (mach(ARM, (12, 0), signed=True), MAC, r"need version 12\.0"),
        (mach(ARM, (11, 0), signed=False), MAC, "are not signed"),
        (b"text", MAC, "are no library"),
        (elf(62), "win_amd64", "are no library"),
    ],
)
def test_library_for_another_machine_is_refused(library: bytes, name: str, message: str) -> None:
    with pytest.raises(ReleaseError, match=message):
        wheel_check.check_library(library, name, "a.whl")


def wheel(folder: Path, **changed: str) -> Path:
    """Write a wheel for Linux on x86-64 in which some texts differ."""
    texts = {
        "WHEEL": f"Root-Is-Purelib: false\nTag: py3-none-{LINUX}\n",
        "METADATA": "Name: import-jobs\nVersion: 9.1.0\n",
        "stamp": str(load_sources().stamp_of(FOLDER)),
        "name": f"import_jobs-9.1.0-py3-none-{LINUX}.whl",
        "left_out": "",
        **changed,
    }
    path = folder / texts["name"]
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("processor/native/kernels.so", elf(62, "2.17"))
        archive.writestr("processor/native/kernels.stamp", texts["stamp"])
        for part in ("WHEEL", "METADATA"):
            archive.writestr(f"import_jobs-9.1.0.dist-info/{part}", texts[part])
        for file in (ROOT / "supabase" / "migrations").glob("*.sql"):
            if file.name != texts["left_out"]:
                archive.writestr(f"processor/migrations/{file.name}", "")
    return path


def test_wheel_that_is_what_it_says_is_accepted(tmp_path: Path) -> None:
    wheel_check.check(wheel(tmp_path), LINUX, VERSION, ROOT)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"WHEEL": "Root-Is-Purelib: false\nTag: py3-none-linux_x86_64\n"}, "another tag inside"),
        ({"WHEEL": f"Root-Is-Purelib: true\nTag: py3-none-{LINUX}\n"}, "has no compiled library"),
        ({"METADATA": "Version: 9.1.0.dev0\n"}, "another version inside"),
        ({"stamp": "0" * 16}, "kernels of other sources"),
        ({"name": "import_jobs-9.1.0-py3-none-linux_x86_64.whl"}, "should be called"),
        ({"left_out": "20261128000400_rejections_and_events.sql"}, "lacks migrations"),
    ],
)
def test_wheel_that_is_not_what_it_says_is_refused(tmp_path: Path, changed: dict[str, str], message: str) -> None:
    with pytest.raises(ReleaseError, match=message):
        wheel_check.check(wheel(tmp_path, **changed), LINUX, VERSION, ROOT)


def test_platforms_are_those_of_the_page() -> None:
    """docs/how-to/local-stack.md lists what tests/packaging/test_platforms.py resolves."""
    assert {name.split("_", 3)[3] for name in TARGETS if name.startswith("manylinux")} == {"x86_64", "aarch64"}
    assert {name.split("_", 3)[3] for name in TARGETS if name.startswith("macosx")} == {"x86_64", "arm64"}
