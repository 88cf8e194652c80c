"""What every peer's program has in common: URL, file and table given, the seconds of the load printed."""

import importlib
import sys
import time
from collections.abc import Callable
from types import ModuleType
from typing import Any

# The exit status for "not installed".
ABSENT = 3


def needed(*names: str) -> list[Any]:
    """Import modules by name; end the program, naming the one, when it is not installed."""
    return [imported(name) for name in names]


def imported(name: str) -> ModuleType:
    """Import a module."""
    try:
        return importlib.import_module(name)
    except ImportError as missing:
        print(f"{missing.name or name} is not installed", flush=True)
        sys.exit(ABSENT)


def run(load: Callable[[str, str, str], None]) -> None:
    """Load and print the seconds from the first byte read to the last commit; the start of Python is not counted."""
    url, file, table = sys.argv[1:4]
    started = time.perf_counter()
    load(url, file, table)
    print(f"seconds {time.perf_counter() - started:.3f}", flush=True)
