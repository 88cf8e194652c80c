"""Build step: put the C files of processor/native into one library beside them.

The compiler is Zig's `cc`, which comes as a wheel from the package registry for every platform: whoever installs from
source needs no compiler of their own. The library is for any processor of the machine's kind, not just this one.
"""

import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

FOLDER = Path(__file__).parent / "processor" / "native"
LIBRARY = FOLDER / "kernels.so"
FLAGS = ("-std=c11", "-O3", "-shared", "-fPIC", "-mcpu=baseline", "-Wall", "-Wextra", "-Werror", "-s")


def compile_kernels() -> None:
    """Compile the library into a file of its own and move it into place, so that a running processor keeps the old one.

    Raises: CalledProcessError with what the compiler said on standard error.
    """
    fresh = LIBRARY.with_suffix(".new")
    sources = sorted(str(path) for path in FOLDER.glob("*.c"))
    subprocess.run([sys.executable, "-m", "ziglang", "cc", *FLAGS, "-o", str(fresh), *sources, "-lm"], check=True)
    fresh.replace(LIBRARY)


class CustomBuildHook(BuildHookInterface[Any]):
    """Hatchling calls this for every wheel, the editable one too."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile, and make the wheel one of this platform that holds the library."""
        compile_kernels()
        build_data["pure_python"] = False
        build_data["infer_tag"] = True
        build_data["artifacts"].append("processor/native/kernels.so")


if __name__ == "__main__":
    compile_kernels()
