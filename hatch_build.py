"""Build step: put the C files of processor/native into one library beside them.

The compiler is Zig's `cc`, which comes as a wheel for every platform: who installs from source needs no compiler of
their own. The library runs on every processor of the machine's kind, not only on this one.
"""

import os
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

FOLDER = Path(__file__).parent / "processor" / "native"
LIBRARY = FOLDER / "kernels.so"
FLAGS = ("-std=c11", "-O3", "-shared", "-fPIC", "-mcpu=baseline", "-Wall", "-Wextra", "-Werror", "-s")


def compile_kernels() -> None:
    """Compile into a file of its own and move that into place: a running processor keeps the library that it has.

    Raises: CalledProcessError; what the compiler says goes to standard error.
    """
    fresh = LIBRARY.with_suffix(".new")
    sources = sorted(str(path) for path in FOLDER.glob("*.c"))
    with tempfile.TemporaryDirectory() as cache:
        subprocess.run(
            [sys.executable, "-m", "ziglang", "cc", *FLAGS, "-o", str(fresh), *sources, "-lm"],
            check=True,
            env=os.environ | {"ZIG_GLOBAL_CACHE_DIR": cache, "ZIG_LOCAL_CACHE_DIR": cache},
        )
    fresh.replace(LIBRARY)


class CustomBuildHook(BuildHookInterface[Any]):
    """What Hatchling calls for every wheel, the editable one too."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile, and make the wheel one of this platform with the library in it."""
        if self.target_name != "wheel":
            return
        compile_kernels()
        build_data["pure_python"] = False
        build_data["tag"] = f"py3-none-{_platform()}"
        build_data["artifacts"].append("processor/native/kernels.so")


def _platform() -> str:
    """Name this platform as wheels do; the library is no extension module, so that any Python can load it."""
    return sysconfig.get_platform().replace("-", "_").replace(".", "_")
