"""The platforms that a stack runs on."""

from __future__ import annotations

import sys

from processor.errors import UserError


def require_unix(platform: str = sys.platform) -> None:
    """Check that the stack runs on this platform. `import-jobs serve` and the other commands do not need it.

    Raises: UserError on Windows, which has neither the signals nor the file locks that a stack uses.
    """
    if platform == "win32":
        raise UserError(
            "the local stack does not run on Windows itself",
            "Run it in WSL2, where Windows reaches its addresses as well: https://learn.microsoft.com/windows/wsl/install.",
        )
