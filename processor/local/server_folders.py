"""Places that the server's account can reach when root's own folders are closed to it.

A clone in /root (mode 0700) hides both the wheel and the data directory from every other user. Root then keeps
a copy of the programs and the cluster here. Not in /var/tmp: systemd deletes what lies there unread for 30 days,
file by file, which would take a cluster apart.
"""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from pathlib import Path

from processor.errors import UserError
from processor.local import processes, server_account

_PLACE = Path("/var/lib/import-jobs")
_ORIGIN = "origin"  # names the link to a cluster; written after the link, so that no cluster is young and forgotten


def copy_programs(base: Path, parts: tuple[str, ...], name: str) -> Path:
    """Return a readable copy of `parts` of `base`, made once for each `name` (42 MB, under a second)."""
    copies = _owned_by_root(_PLACE / "programs")
    done = copies / name
    if done.exists():
        return done
    fresh = Path(tempfile.mkdtemp(dir=copies))
    for part in parts:
        shutil.copytree(base / part, fresh / part, symlinks=True)
    _open_to_readers(fresh)
    try:
        fresh.rename(done)
    except OSError:  # another process was faster; its copy is as good
        shutil.rmtree(fresh)
        if not done.exists():
            raise
    return done


def make_cluster_folder(link: Path) -> Path:
    """Make `link` a folder that only the server's account may enter, and return its true place.

    The folder lies where `link` says if the account can get there, else in the shelter with `link` pointing to it.
    """
    who = server_account.account()
    if link.is_symlink() and not link.exists():
        raise UserError(f"{link} points to {link.readlink()}, which is gone", f"delete {link.parent}")
    if link.exists():
        return link.resolve()
    if server_account.may_enter(link.parent):
        link.mkdir(mode=0o700)
        home = link.resolve()
    else:
        clusters = _owned_by_root(_PLACE / "clusters")
        _remove_forgotten(clusters)
        home = Path(tempfile.mkdtemp(prefix="cluster-", dir=clusters))
        link.symlink_to(home)
        (home / _ORIGIN).write_text(str(link.absolute()))
    if who:
        os.chown(home, who.uid, who.gid)
    return home


def remove_cluster_folder(link: Path) -> None:
    """Delete what `make_cluster_folder` made, both the folder and the link to it."""
    if link.exists():
        shutil.rmtree(link.resolve())
    if link.is_symlink():
        link.unlink()


def _remove_forgotten(clusters: Path) -> None:
    """Delete clusters whose link lay among temporary files and is gone.

    Elsewhere the link's folder may just have been moved, and its data with it.
    """
    temporary = Path(tempfile.gettempdir()).resolve()
    for home in clusters.iterdir():
        try:
            link = Path((home / _ORIGIN).read_text())
        except OSError:
            continue
        if temporary in link.parents and not link.is_symlink() and not processes.postmaster(home / "data"):
            shutil.rmtree(home, ignore_errors=True)


def _owned_by_root(directory: Path) -> Path:
    """Create `directory` and refuse one that somebody else could have filled with programs of theirs."""
    for place in (directory.parent, directory):
        place.mkdir(mode=0o755, parents=True, exist_ok=True)
        found = place.lstat()
        if found.st_uid != 0 or found.st_mode & (stat.S_IWGRP | stat.S_IWOTH) or place.is_symlink():
            raise UserError(f"{place} can be changed by other users than root", f"remove {place}")
        place.chmod(0o755)  # whatever the umask left
    return directory


def _open_to_readers(directory: Path) -> None:
    directory.chmod(0o755)
    for path in directory.rglob("*"):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)
