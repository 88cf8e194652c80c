"""Deletes the data of a stack."""

from __future__ import annotations

import contextlib
import shutil
from pathlib import Path

from processor.errors import UserError
from processor.local import detached, server_folders

# What a stack writes into its folder; the state is deleted last, so that a reset that was interrupted can be repeated.
_FOLDERS = ("storage", "logs")
_FILES = ("run.json", "restart", "lock", "state.json")


def is_stack(directory: Path) -> bool:
    """Return whether a folder has the data of a stack, or a part of them."""
    return (directory / "state.json").exists() or (directory / "postgres").is_symlink() or _has_cluster(directory)


def reset(directory: Path) -> None:
    """Stop the stack in a folder and delete its database, its files, its logs and its keys, but nothing else.

    Raises: UserError when the folder has no stack, or cannot be changed.
    """
    if not is_stack(directory):
        raise UserError(f"there is no stack in {directory}", "Name its folder with --data.")
    detached.stop(directory)
    try:
        server_folders.remove_cluster_folder(directory / "postgres")
        for name in _FOLDERS:
            if (directory / name).exists():
                shutil.rmtree(directory / name)
        for name in _FILES:
            (directory / name).unlink(missing_ok=True)
            (directory / f"{name}.new").unlink(missing_ok=True)
        with contextlib.suppress(OSError):  # it has other files
            directory.rmdir()
    except OSError as error:
        raise UserError(f"cannot delete {error.filename}: {error.strerror}", "Delete it yourself.") from None


def _has_cluster(directory: Path) -> bool:
    return any((directory / "postgres" / name).exists() for name in ("data", "data.partial"))
