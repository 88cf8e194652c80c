"""Build hook: compile the C files of processor/native into one library beside them.

The compiler is Zig's `cc`, which is installed as a wheel on every platform, so that an installation from source needs
no other compiler. The library runs on every processor of the machine's architecture, not only on this one.

scripts/release names another platform in IMPORT_JOBS_BUILD_FOR, and the compiler makes the library for that one.
"""

import importlib.util
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
FLAGS = (
    *("-std=c11", "-O3", "-shared", "-fPIC", "-fvisibility=hidden", "-mcpu=baseline"),
    *("-fstack-protector-strong", "-D_FORTIFY_SOURCE=2", "-Wall", "-Wextra", "-Werror", "-s"),
)
VARIABLE = "IMPORT_JOBS_BUILD_FOR"
# The compiler's target of each platform, which is called as in the names of wheels. glibc 2.17 is of 2012, and every
# system that is still maintained has a newer one; macOS 11 is the first on Apple's processors.
TARGETS = {
    "manylinux_2_17_x86_64": "x86_64-linux-gnu.2.17",
    "manylinux_2_17_aarch64": "aarch64-linux-gnu.2.17",
    "macosx_11_0_x86_64": "x86_64-macos.11.0",
    "macosx_11_0_arm64": "aarch64-macos.11.0",
}


def compile_kernels(platform: str | None = None) -> None:
    """Compile the library and its stamp file, for this machine or for a platform of TARGETS.

    The compiler writes a new file, which then replaces the library: a running processor keeps the one that it loaded.
    Raises: CalledProcessError; the compiler's messages go to standard error.
    """
    target = () if platform is None else ("-target", TARGETS[platform])
    sources = load_sources()
    stamp = sources.stamp_of(FOLDER)
    fresh = LIBRARY.with_suffix(".new")
    files = sorted(str(path) for path in FOLDER.glob("*.c"))
    with tempfile.TemporaryDirectory() as cache:
        subprocess.run(
            [
                *(sys.executable, "-m", "ziglang", "cc", *target, *FLAGS, f'-DIJ_SOURCES="{stamp}"'),
                *("-o", str(fresh), *files, "-lm"),
            ],
            check=True,
            env=os.environ | {"ZIG_GLOBAL_CACHE_DIR": cache, "ZIG_LOCAL_CACHE_DIR": cache},
        )
    fresh.replace(LIBRARY)
    (FOLDER / sources.STAMP_FILE).write_text(f"{stamp}\n", encoding="ascii")


def load_sources() -> Any:
    """Load processor/native/sources.py by itself: its package cannot be imported before the library is there."""
    spec = importlib.util.spec_from_file_location("native_sources", FOLDER / "sources.py")
    if spec is None or spec.loader is None:
        raise ImportError(f"{FOLDER / 'sources.py'} is missing")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class CustomBuildHook(BuildHookInterface[Any]):
    """The hook that Hatchling calls for every wheel, including editable ones."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile the kernels, and put them into a wheel for this platform."""
        if self.target_name != "wheel":
            return
        platform = os.environ.get(VARIABLE) or None
        if platform is not None and (platform not in TARGETS or version == "editable"):
            raise ValueError(f"{VARIABLE} must be one of {', '.join(TARGETS)}, and is not for editable wheels")
        compile_kernels(platform)
        build_data["pure_python"] = False
        build_data["tag"] = f"py3-none-{platform or _platform()}"
        build_data["artifacts"] += ["processor/native/kernels.so", "processor/native/kernels.stamp"]


def _platform() -> str:
    """Return the platform's name in wheels. The library is not an extension module, so that any Python can load it."""
    return sysconfig.get_platform().replace("-", "_").replace(".", "_")
