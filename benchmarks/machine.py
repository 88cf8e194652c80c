"""The machine and the versions that figures belong to."""

import os
import platform
import shutil
import sys
from importlib import metadata
from pathlib import Path

from benchmarks.rig import Rig

PACKAGES = ("polars", "psycopg", "numpy", "pyarrow", "pandas", "dlt", "adbc-driver-postgresql")
GIB = 1 << 30
# Starting the stack makes a load of about one itself.
BUSY = 1.5


def describe(rig: Rig) -> dict[str, str]:
    """Return what there is to say, label by label."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    found = {
        "cores": f"{os.cpu_count()} ({cpu()})",
        "memory": f"{memory / GIB:.0f} GiB",
        "system": f"{platform.system()} {platform.release().partition('-')[0]} {platform.machine()}",
        "disk": f"{file_system(rig.folder)}, {shutil.disk_usage(rig.folder).free / 1e9:.0f} GB free",
        "load before the run": load(),
        "PostgreSQL": f"{rig.one('show server_version')}, default settings",
        "Python": sys.version.split()[0],
    }
    return found | {name: version for name in PACKAGES if (version := installed(name))}


def load() -> str:
    """Return the load of the last minute, and whether figures taken under it are worth anything."""
    value = os.getloadavg()[0]
    return f"{value:.1f}" + (" (the machine was busy with other work: only ratios count)" if value > BUSY else "")


def cpu() -> str:
    """Return the processor's name."""
    path = Path("/proc/cpuinfo")
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.processor() or platform.machine())


def file_system(folder: Path) -> str:
    """Return the type of the file system that holds a folder."""
    mounts = Path("/proc/mounts")
    entries = [line.split() for line in mounts.read_text(encoding="utf-8").splitlines()] if mounts.exists() else []
    holding = [entry for entry in entries if Path(entry[1]) in (folder, *folder.parents)]
    return max(holding, key=lambda entry: len(entry[1]))[2] if holding else "disk"


def installed(name: str) -> str | None:
    """Return the version of a package, None when it is not there."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None
