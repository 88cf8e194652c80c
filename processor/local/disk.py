"""What a disk that takes no more data looks like, and what to do about it."""

import errno
import os
from pathlib import Path

from processor.errors import UserError

_REASONS = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the quota of the disk is used up",
    errno.EROFS: "the disk is read-only",
}
# What PostgreSQL advises when less is written than it asked for, which has no error number.
_ADVICE = "Check free disk space"
_HINT = "Make room there (an empty stack takes 100 MB), or name a folder on another disk with --data."


def disk_error(folder: Path, output: str) -> UserError | None:
    """Return the error for the output of a program that could not write below a folder; None for another cause."""
    reasons = (reason for number, reason in _REASONS.items() if os.strerror(number) in output)
    reason = next(reasons, _REASONS[errno.ENOSPC] if _ADVICE in output else None)
    return UserError(f"cannot write to {folder}: {reason}", _HINT) if reason else None


def own_disk_error(exc: OSError) -> UserError | None:
    """Return the error for a failed write of this process; None for another cause."""
    reason = _REASONS.get(exc.errno or 0)
    place = f" to {exc.filename}" if exc.filename else ""
    return UserError(f"cannot write{place}: {reason}", _HINT) if reason else None
