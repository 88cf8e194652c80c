"""The checksums of everything that is published."""

import hashlib
from pathlib import Path

NAME = "SHA256SUMS"


def write(output: Path) -> Path:
    """Write a line for each file of a folder, as `sha256sum --check` reads it; return the file."""
    files = sorted(path for path in output.iterdir() if path.is_file() and path.name != NAME)
    path = output / NAME
    path.write_text("".join(f"{digest(file)}  {file.name}\n" for file in files), encoding="utf-8")
    return path


def digest(file: Path) -> str:
    """Return the SHA-256 of a file."""
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
