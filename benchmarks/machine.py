"""The machine and the versions with which figures were measured."""

import os
import platform
import shutil
import sys
from importlib import metadata
from pathlib import Path

from benchmarks.stack import BenchmarkStack

PACKAGES = ("polars", "psycopg", "numpy", "pyarrow", "pandas", "dlt", "adbc-driver-postgresql")
GIB = 1 << 30
# Starting the stack alone causes a load of about one.
BUSY_LOAD = 1.5


def describe(stack: BenchmarkStack) -> dict[str, str]:
    """Return the properties of the machine and the versions, by label."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    description = {
        "cores": f"{os.cpu_count()} ({cpu_name()})",
        "memory": f"{memory / GIB:.0f} GiB",
        "system": f"{platform.system()} {platform.release().partition('-')[0]} {platform.machine()}",
        "disk": f"{file_system(stack.folder)}, {shutil.disk_usage(stack.folder).free / 1e9:.0f} GB free",
        "load before the run": describe_load(),
        "Python": sys.version.split()[0],
    }
    return description | {name: version for name in PACKAGES if (version := installed_version(name))}


def describe_load() -> str:
    """Return the load of the last minute, with a warning when other work ran."""
    load = os.getloadavg()[0]
    return f"{load:.1f}" + (" (the machine was busy with other work: only ratios count)" if load > BUSY_LOAD else "")


def cpu_name() -> str:
    """Return the model name of the CPU."""
    path = Path("/proc/cpuinfo")
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    models = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(models, platform.processor() or platform.machine())


def file_system(folder: Path) -> str:
    """Return the type of the file system that contains a folder."""
    mounts = Path("/proc/mounts")
    entries = [line.split() for line in mounts.read_text(encoding="utf-8").splitlines()] if mounts.exists() else []
    containing = [entry for entry in entries if Path(entry[1]) in (folder, *folder.parents)]
    return max(containing, key=lambda entry: len(entry[1]))[2] if containing else "disk"


def installed_version(name: str) -> str | None:
    """Return the version of a package, or None when it is not installed."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None
