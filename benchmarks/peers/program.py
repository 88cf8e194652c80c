"""What the programs of all loaders share: they are given URL, file and table, and print the seconds of the load."""

import importlib
import sys
import time
from collections.abc import Callable
from types import ModuleType
from typing import Any

# The exit status of a program whose loader is not installed.
NOT_INSTALLED = 3


def import_modules(*names: str) -> list[Any]:
    """Import modules by name; end the program with NOT_INSTALLED, and name the module, when one is missing."""
    return [import_module(name) for name in names]


def import_module(name: str) -> ModuleType:
    """Import a module; end the program with NOT_INSTALLED when it is missing."""
    try:
        return importlib.import_module(name)
    except ImportError as exc:
        print(f"{exc.name or name} is not installed", flush=True)
        sys.exit(NOT_INSTALLED)


def run(load: Callable[[str, str, str], None]) -> None:
    """Call `load(url, file, table)` and print its seconds; the start of Python is not counted."""
    url, file, table = sys.argv[1:4]
    started = time.perf_counter()
    load(url, file, table)
    print(f"seconds {time.perf_counter() - started:.3f}", flush=True)
