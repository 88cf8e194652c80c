"""Folders that the server's account can reach when root's own folders are closed to it.

A checkout in /root (mode 0700) hides both the wheel and the data directory from every other user. Root then keeps a
copy of the programs and the cluster below /var/lib/import-jobs. It is not below /var/tmp because systemd deletes files
there that were not read for 30 days, one by one, which would destroy a cluster.
"""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from pathlib import Path

from processor.errors import UserError
from processor.local import processes, server_account

_ROOT_FOLDER = Path("/var/lib/import-jobs")
# A file in a cluster's folder with the path of the link to it. It is written after the link: until then the cluster
# does not count as abandoned.
_ORIGIN = "origin"


def copy_programs(base: Path, parts: tuple[str, ...], name: str) -> Path:
    """Return a copy of those folders `parts` of `base` that exist; every account can read it.

    The copy is made once for each `name` (42 MB, less than a second).
    """
    copies = _folder_of_root(_ROOT_FOLDER / "programs")
    finished = copies / name
    if finished.exists():
        return finished
    draft = Path(tempfile.mkdtemp(dir=copies))
    for part in filter(lambda part: (base / part).exists(), parts):
        shutil.copytree(base / part, draft / part, symlinks=True)
    _make_readable(draft)
    try:
        draft.rename(finished)
    except OSError:  # another process made the same copy first
        shutil.rmtree(draft)
        if not finished.exists():
            raise
    return finished


def make_cluster_folder(link: Path) -> Path:
    """Make `link` a folder that only the server's account may enter, and return its resolved path.

    If the account cannot reach `link`, the folder is made below /var/lib/import-jobs and `link` becomes a symbolic link
    to it. An existing folder is returned as it is.

    Raises: UserError when `link` points to a folder that is gone.
    """
    who = server_account.account()
    if link.is_symlink() and not link.exists():
        raise UserError(f"{link} points to {link.readlink()}, which does not exist", f"Delete {link.parent}.")
    if link.exists():
        return link.resolve()
    if server_account.may_enter(link.parent):
        link.mkdir(mode=0o700)
        folder = link.resolve()
    else:
        clusters = _folder_of_root(_ROOT_FOLDER / "clusters")
        _remove_abandoned(clusters)
        folder = Path(tempfile.mkdtemp(prefix="cluster-", dir=clusters))
        link.symlink_to(folder)
        (folder / _ORIGIN).write_text(str(link.absolute()))
    if who:
        os.chown(folder, who.uid, who.gid)
    return folder


def remove_cluster_folder(link: Path) -> None:
    """Delete the folder that `make_cluster_folder` made, and the link to it."""
    if link.exists():
        shutil.rmtree(link.resolve())
    if link.is_symlink():
        link.unlink()


def _remove_abandoned(clusters: Path) -> None:
    """Delete the clusters whose link was among temporary files and no longer exists.

    The folder of any other missing link may just have been moved, together with its state.
    """
    temporary = Path(tempfile.gettempdir()).resolve()
    for folder in clusters.iterdir():
        try:
            link = Path((folder / _ORIGIN).read_text())
        except OSError:
            continue
        if temporary in link.parents and not link.is_symlink() and not processes.postmaster(folder / "data"):
            shutil.rmtree(folder, ignore_errors=True)


def _folder_of_root(directory: Path) -> Path:
    """Create `directory`; raise UserError when another user could have put programs of theirs into it."""
    for folder in (directory.parent, directory):
        folder.mkdir(mode=0o755, parents=True, exist_ok=True)
        status = folder.lstat()
        if status.st_uid != 0 or status.st_mode & (stat.S_IWGRP | stat.S_IWOTH) or folder.is_symlink():
            raise UserError(f"users other than root can change {folder}", f"Remove {folder}.")
        folder.chmod(0o755)  # the umask may have removed permissions
    return directory


def _make_readable(directory: Path) -> None:
    directory.chmod(0o755)
    for path in directory.rglob("*"):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)
