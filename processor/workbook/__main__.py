"""The child process: write one sheet of a workbook as CSV text, within limits of memory, processor time and size.

The request comes as JSON on the standard input: the descriptors `workbook` and `text`, `member`, `delimiter`, `mark`,
`marks`, and the limits `memory_bytes`, `seconds` and `text_bytes`. The answer is one JSON object on the standard
output: the name of the `sheet` and its different `errors`, or the `reason` why there is no text, with `names`. A
process that ends in any other way has met a limit, or a file that the library cannot bear.
"""

import ctypes
import json
import os
import resource
import signal
import sys
import zipfile
import zlib
from typing import Any, Final
from xml.parsers.expat import ExpatError

from processor.workbook.error_cells import error_cells
from processor.workbook.error_parsers import Cells
from processor.workbook.kinds import is_binary_workbook, other_kind

PR_SET_PDEATHSIG: Final = 1
#: Where an OpenDocument file says that it is encrypted, and how much of that is read.
MANIFEST: Final = "META-INF/manifest.xml"
MANIFEST_BYTES: Final = 1 << 20
#: What Python and the library take for themselves before they have read a byte.
OWN_BYTES: Final = 128 << 20
#: What zipfile raises for archives that are damaged.
DAMAGES: Final = (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, ValueError)


def main() -> None:
    """Read the request, and answer it."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    request = json.load(sys.stdin)
    limit(request)
    try:
        answer = convert(request)
    except MemoryError:
        answer = {"reason": "memory"}
    except OSError:
        answer = {"reason": "space"}
    json.dump(answer, sys.stdout)


def limit(request: dict[str, Any]) -> None:
    """Set the limits of this process. macOS does not enforce that of memory; a core file would hold the workbook."""
    wanted = {
        resource.RLIMIT_AS: request["memory_bytes"] + OWN_BYTES,
        resource.RLIMIT_CPU: request["seconds"],
        resource.RLIMIT_FSIZE: request["text_bytes"],
        resource.RLIMIT_CORE: 0,
    }
    for kind, value in wanted.items():
        hard = resource.getrlimit(kind)[1]
        least = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(kind, (least, hard))


def convert(request: dict[str, Any]) -> dict[str, Any]:
    """Write the text of the sheet; return the answer."""
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError

    from processor.workbook.cells import csv_blocks, with_errors
    from processor.workbook.sheets import choose_sheet

    path = f"/dev/fd/{request['workbook']}"
    if reason := not_a_workbook(request["workbook"]):
        return reason
    try:
        with CalamineWorkbook.from_path(path) as workbook:  # pyright: ignore[reportUnknownMemberType]
            choice = choose_sheet(workbook, request["member"])
            if choice.sheet is None:
                return {"reason": choice.reason, "names": choice.names}
            marks = {int(place): mark for place, mark in request["marks"].items()}
            errors = errors_of(request["workbook"], choice.sheet.name)
            with open(request["text"], "w", encoding="utf-8", errors="replace", newline="", closefd=False) as text:
                rows = with_errors(choice.sheet.iter_rows(), errors, (choice.sheet.start or (0, 0))[1])
                text.writelines(csv_blocks(rows, request["delimiter"], request["mark"], marks))
            different = {text for cells in errors.values() for text in cells.values()}
            return {"sheet": choice.sheet.name, "errors": sorted(different)}
    except PasswordError:
        return {"reason": "locked"}
    except (CalamineError, ExpatError, *DAMAGES):
        return {"reason": "damaged"}


def errors_of(descriptor: int, sheet: str) -> Cells:
    """Return the error values of a sheet.

    Raises: ExpatError and DAMAGES for an archive or XML that is damaged.
    """
    with os.fdopen(os.dup(descriptor), "rb") as file, zipfile.ZipFile(file) as archive:
        return error_cells(archive, sheet)


def not_a_workbook(descriptor: int) -> dict[str, str] | None:
    """Return why the file is no workbook that is read, by the names in its directory; None: it may be one."""
    try:
        with os.fdopen(os.dup(descriptor), "rb") as file, zipfile.ZipFile(file) as archive:
            names = archive.namelist()
            encrypted = MANIFEST in names and b":encryption-data" in archive.open(MANIFEST).read(MANIFEST_BYTES)
    except DAMAGES:
        return {"reason": "damaged"}
    if encrypted:
        return {"reason": "locked"}
    if is_binary_workbook(names):
        return {"reason": "binary"}
    kind = other_kind(names)
    return {"reason": "other", "kind": kind} if kind else None


if __name__ == "__main__":
    main()
