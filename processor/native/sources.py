"""The stamp of the C sources: the build compiles it into the library, and `library` compares it at the import.

This module imports nothing of the package, so that the build hook can use it before there is a library.
"""

import hashlib
from pathlib import Path
from typing import Final

#: Written by the build beside the library, for installations without the C sources.
STAMP_FILE: Final = "kernels.stamp"


def stamp_of(folder: Path) -> str | None:
    """Return the first 16 hex digits of the SHA-256 of a folder's C sources and headers; None if it has none."""
    sources = sorted(path for pattern in ("*.c", "*.h") for path in folder.glob(pattern))
    if not sources:
        return None
    digest = hashlib.sha256()
    for path in sources:
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def expected_stamp(folder: Path) -> str | None:
    """Return the stamp that the library in a folder must have: that of the sources there, or else of the stamp file."""
    stamp_file = folder / STAMP_FILE
    return stamp_of(folder) or (stamp_file.read_text(encoding="ascii").strip() if stamp_file.is_file() else None)
