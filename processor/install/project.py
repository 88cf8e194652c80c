"""The folder `supabase` of a project: where it is, which migrations it has, and the version of the next one."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from processor.errors import UserError

STAMP = "%Y%m%d%H%M%S"


def find(start: Path) -> Path:
    """Return the folder `supabase` of this folder or of the nearest one above it, as the Supabase CLI does.

    Raises: UserError if there is none.
    """
    start = start.absolute()
    for folder in (start, *start.parents):
        if (folder / "supabase" / "config.toml").is_file():
            return folder / "supabase"
    if (start / "supabase").is_dir():
        return start / "supabase"
    raise UserError(
        f"there is no folder supabase in {start}", "Run supabase init first, or name the folder: --supabase."
    )


def given(folder: Path) -> Path:
    """Return a folder that was named, which must exist.

    Raises: UserError.
    """
    if not folder.is_dir():
        raise UserError(f"{folder} is not a folder", "Name the folder supabase of the project, or run supabase init.")
    return folder


def migrations(supabase: Path) -> list[Path]:
    """Return the project's migrations in the order in which the CLI applies them."""
    return sorted((supabase / "migrations").glob("*.sql"), key=lambda path: (_version(path), path.name))


def next_version(supabase: Path, now: datetime) -> str:
    """Return the version of a new migration: this time in UTC, or a second after the newest one if that is later.

    The CLI refuses a file that is older than one it has applied.
    """
    newest = max((_version(path) for path in migrations(supabase)), default=0)
    stamp = now.astimezone(UTC).strftime(STAMP)
    if int(stamp) > newest:
        return stamp
    try:
        newer = datetime.strptime(str(newest), STAMP).replace(tzinfo=UTC) + timedelta(seconds=1)
    except ValueError:  # a version that is no time
        return str(newest + 1)
    return newer.strftime(STAMP)


def texts(supabase: Path) -> Iterator[str]:
    """Yield the texts of the project's migrations in order."""
    return (path.read_text(encoding="utf-8", errors="replace") for path in migrations(supabase))


def _version(path: Path) -> int:
    digits = path.name.partition("_")[0]
    return int(digits) if digits.isascii() and digits.isdigit() else 0
