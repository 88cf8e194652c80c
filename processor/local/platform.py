"""What a machine needs for a stack: a platform with signals and file locks, and the packages of the extra `local`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib.util import find_spec

from processor.errors import UserError

_PACKAGES = ("jwt", "psutil", "python_multipart")


def require_unix(platform: str = sys.platform) -> None:
    """Check that the stack runs on this platform. `import-jobs serve` and the other commands do not need it.

    Raises: UserError on Windows, which has neither the signals nor the file locks that a stack uses.
    """
    if platform == "win32":
        raise UserError(
            "the local stack does not run on Windows itself",
            "Run it in WSL2, where Windows reaches its addresses as well: https://learn.microsoft.com/windows/wsl/install.",
        )


def require_packages(find: Callable[[str], object] = find_spec) -> None:
    """Check that the extra `local` is installed.

    Raises: UserError.
    """
    if not all(map(find, _PACKAGES)):
        raise UserError("the local stack is not installed", "Run: pip install 'import-jobs[local]'")
