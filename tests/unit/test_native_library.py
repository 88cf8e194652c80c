"""A library is loaded only if it was compiled from the sources beside it."""

import re
import shutil
import sys
from pathlib import Path

import pytest

from processor.native.library import FILE, KERNELS, load
from processor.native.sources import STAMP_FILE, stamp_of

SOURCES = [path for pattern in ("*.c", "*.h") for path in FILE.parent.glob(pattern)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Copy the library and its sources to a folder of their own."""
    for path in (FILE, *SOURCES):
        shutil.copy(path, tmp_path)
    return tmp_path


def test_the_library_of_the_sources_is_loaded(folder: Path) -> None:
    assert load(folder / FILE.name).ij_sources() == KERNELS.ij_sources()


@pytest.mark.parametrize("name", ["numbers.c", "values.h"])
def test_a_library_older_than_a_source_is_refused(folder: Path, name: str) -> None:
    with (folder / name).open("a", encoding="utf-8") as file:
        file.write("\n")
    with pytest.raises(ImportError, match="compiled from other sources: run scripts/setup in a checkout, or reinstall"):
        load(folder / FILE.name)


def test_a_new_source_changes_the_stamp(folder: Path) -> None:
    before = stamp_of(folder)
    (folder / "more.c").write_text("", encoding="utf-8")
    assert stamp_of(folder) != before


def test_without_sources_the_stamp_file_of_the_build_is_compared(folder: Path) -> None:
    stamp = stamp_of(folder)
    for path in SOURCES:
        (folder / path.name).unlink()
    (folder / STAMP_FILE).write_text(f"{stamp}\n", encoding="ascii")
    assert load(folder / FILE.name).ij_sources().decode() == stamp
    (folder / STAMP_FILE).write_text("0123456789abcdef\n", encoding="ascii")
    with pytest.raises(ImportError, match="compiled from other sources"):
        load(folder / FILE.name)


def test_a_missing_library_and_one_without_the_kernels_are_refused(folder: Path) -> None:
    with pytest.raises(ImportError, match="is missing or not for this machine: run scripts/setup"):
        load(folder / "other.so")
    libc = next(
        Path(line.split()[-1]) for line in Path("/proc/self/maps").read_text().splitlines() if "/libc.so" in line
    )
    shutil.copy(libc, folder / "older.so")
    with pytest.raises(ImportError, match="is older than its sources: run scripts/setup"):
        load(folder / "older.so")


def test_only_prefixed_functions_are_exported() -> None:
    sources = "".join(path.read_text(encoding="utf-8") for path in SOURCES)
    exported = set(re.findall(r"^IJ_EXPORT [\w *]*?(\w+)\(", sources, re.MULTILINE))
    functions = set(re.findall(r"^(?:SEPARATE )?(?:u?int\d*_t|int|void|double) \*?(\w+)\(", sources, re.MULTILINE))
    assert {"ij_find_records", "ij_sources"} <= exported
    assert {"read_value", "read_numeric", "characters"} <= functions
    assert {name for name in exported | functions if hasattr(KERNELS, name)} == exported
    assert all(name.startswith("ij_") for name in exported)


@pytest.mark.skipif(sys.platform != "linux", reason="reads the dynamic symbols of an ELF file")
def test_the_library_has_a_stack_protector_and_fortified_copies() -> None:
    content = FILE.read_bytes()
    assert b"__stack_chk_fail" in content
    assert b"__memcpy_chk" in content
