"""How the programs behind scripts/ end: a user's error is one line, Ctrl-C ends without a traceback."""

import os
import sys
from collections.abc import Callable
from typing import NoReturn

from processor.errors import UserError

INTERRUPTED = 130


def run_script(main: Callable[[], int]) -> NoReturn:
    """Run a program and exit with the status that it returns, with 1 after a UserError, or with 130 after Ctrl-C."""
    try:
        sys.exit(main())
    except UserError as exc:
        print(f"error: {exc}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.stdout.flush()
        os._exit(INTERRUPTED)  # does not wait for threads that are still at work
