"""What an installation has to do in a project, found without writing anything, and the writing itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from processor.database import history
from processor.database.migrate import Migration
from processor.errors import UserError
from processor.install import functions, migration_file, project, settings
from processor.install.functions import Change
from processor.install.settings import Setting


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is to be written. `file` and `text` are those of the new migration; None if the project has all of them."""

    supabase: Path
    new: tuple[Migration, ...]
    file: Path | None
    text: str
    functions: tuple[Change, ...]
    settings: tuple[Setting, ...]

    @property
    def config(self) -> Path:
        """The project's settings."""
        return self.supabase / "config.toml"

    @property
    def written_functions(self) -> list[Change]:
        """The functions that have something to be written."""
        return [change for change in self.functions if change.files]

    @property
    def is_empty(self) -> bool:
        """Whether the project has everything."""
        return not (self.file or self.written_functions or self.settings)


def make(supabase: Path, migrations: Sequence[Migration], ours: dict[str, dict[str, bytes]]) -> Plan:
    """Return what has to be done in a project for it to have these migrations and Edge Functions.

    Raises: UserError if a folder of the same name as one of the functions is not ours, if config.toml is no TOML, or if
    a file of an earlier installation contains another text of one of the migrations.
    """
    release = history.release()
    present = migration_file.contents(list(project.texts(supabase)))
    new = tuple(migration for migration in migrations if migration.version not in present)
    for migration in migrations:
        if present.get(migration.version, migration.sha256) != migration.sha256:
            raise UserError(
                f"a file in {supabase / 'migrations'} has another text of {migration.stem} than import-jobs {release}",
                "Install the release of import-jobs that wrote the file, or a later one.",
            )
    name = f"{project.next_version(supabase, datetime.now(UTC))}_import_jobs_{release}.sql"
    return Plan(
        supabase=supabase,
        new=new,
        file=supabase / "migrations" / name if new else None,
        text=migration_file.render(new, release) if new else "",
        functions=tuple(functions.changes(supabase, release, ours)),
        settings=tuple(settings.missing(supabase / "config.toml", settings.wanted(ours))),
    )


def write(plan: Plan, *, with_settings: bool) -> list[Path]:
    """Write the migration, the functions and, if asked for, the settings; return what was written.

    Raises: UserError if the settings cannot be added, before anything is written; OSError.
    """
    merged = ""
    if with_settings and plan.settings:
        if not plan.config.is_file():
            raise UserError(f"there is no {plan.config}", "Run supabase init first, or leave --write out.")
        with plan.config.open(encoding="utf-8", newline="") as file:  # line ends stay as they are
            merged = settings.merged(file.read(), plan.settings)
    written: list[Path] = []
    if plan.file:
        plan.file.parent.mkdir(parents=True, exist_ok=True)
        plan.file.write_text(plan.text, encoding="utf-8", newline="\n")
        written.append(plan.file)
    for change in plan.written_functions:
        functions.write(change)
        written.append(change.folder)
    if merged:
        plan.config.write_text(merged, encoding="utf-8", newline="")
        written.append(plan.config)
    return written
