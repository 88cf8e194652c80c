"""Compare docs/reference/configuration.md with processor/config.py."""

import re
from pathlib import Path

from processor import config

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "reference" / "configuration.md").read_text(encoding="utf-8")
TABLE = PAGE.partition("| variable |")[2].partition("\n\n")[0]
MODULE = Path(config.__file__).read_text(encoding="utf-8")


def test_page_lists_exactly_the_variables_that_are_read() -> None:
    read = set(re.findall(r'"((?:IMPORT_JOBS|SUPABASE|DATABASE)_\w+|PORT)"', MODULE))
    assert set(re.findall(r"`((?:IMPORT_JOBS|SUPABASE|DATABASE)_\w+|PORT)`", TABLE)) == read


def test_page_gives_the_defaults() -> None:
    defaults = {name: default for name, default, _ in map(cells_of, TABLE.splitlines()[2:])}
    fields = config.Config(database_url="", supabase_url="", secret_key="")
    expected = {
        "`IMPORT_JOBS_MAX_JOBS`": f"{fields.max_jobs}",
        "`IMPORT_JOBS_CONNECTIONS`": f"{fields.connections}",
        "`IMPORT_JOBS_LEASE_SECONDS`": f"{fields.lease_seconds}",
        "`IMPORT_JOBS_HEARTBEAT_SECONDS`": f"{fields.heartbeat_seconds:g}",
        "`IMPORT_JOBS_STOP_SECONDS`": f"{fields.stop_seconds:g}",
        "`IMPORT_JOBS_SWEEP_SECONDS`": f"{fields.sweep_seconds:g}",
        "`IMPORT_JOBS_CHUNK_BYTES`": f"{fields.chunk_bytes >> 20} MiB",
        "`IMPORT_JOBS_MAX_FILE_BYTES`": f"{fields.max_file_bytes >> 20:,} MiB",
        "`IMPORT_JOBS_KEPT_ERRORS`": f"{fields.kept_errors:,}",
        "`IMPORT_JOBS_LOG_LEVEL`": f"`{fields.log_level}`",
    }
    assert {name: defaults.get(name) for name in expected} == expected


def cells_of(line: str) -> list[str]:
    """Return the cells of a table's line."""
    return [cell.strip() for cell in line.strip("|").split("|")]
