"""`import-jobs install`: put import-jobs into the folder `supabase` of the user's own project."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from processor.cli.screen import screen

if TYPE_CHECKING:
    from processor.install.plan import Plan

CONFIGURE = "import-jobs configure --processor-url URL"


def install(
    supabase: Annotated[
        Path | None,
        typer.Option(
            "--supabase",
            metavar="FOLDER",
            help="The project's folder supabase. Default: the one of this folder or of the nearest folder above.",
        ),
    ] = None,
    write: Annotated[bool, typer.Option("--write", help="Add what is missing to config.toml as well.")] = False,
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; end with exit status 1 if there is something to do.")
    ] = False,
) -> int:
    """Write import-jobs into your project: one migration with what is new, and Edge Functions.

    It says what config.toml needs and what to run next. After an upgrade of import-jobs, run it again.
    """
    from processor.database import migrate
    from processor.install import functions, plan, project

    folder = project.given(supabase) if supabase else project.find(Path.cwd())
    found = plan.make(folder, migrate.migrations(), functions.ours(functions.source()))
    written = [] if check else plan.write(found, with_settings=write)
    names = [shown(path) for path in (planned(found) if check else written)]
    missing = [str(setting) for setting in found.settings if check or not write]
    document = {"written": [] if check else names, "to_do": names if check else [], "settings": missing}
    screen.show(document, names, lambda: report(found, check=check, write=write))
    return int(check and not found.is_empty)


def planned(plan: Plan) -> Iterator[Path]:
    """Yield what an installation would write."""
    if plan.file:
        yield plan.file
    yield from (change.folder for change in plan.written_functions)


def report(plan: Plan, *, check: bool, write: bool) -> Iterator[str]:
    """Yield what was done or is to be done, and what to run next."""
    verb = "to write" if check else "wrote"
    if plan.file:
        count = f"{len(plan.new)} migration{'s' if len(plan.new) > 1 else ''}"
        yield from screen.wrapped(f"{verb} {shown(plan.file)}: {count} of import-jobs")
    for change in plan.written_functions:
        yield from screen.wrapped(f"{verb} {shown(change.folder)}")
    for change in plan.functions:
        if change.changed_by_hand:
            yield from screen.wrapped(
                f"{shown(change.folder)} was changed by hand ({', '.join(change.changed_by_hand)}) and stays as it is; "
                "to get that of this release, delete it and run import-jobs install again"
            )
    if plan.is_empty:
        yield "nothing to do: the project has everything of this release"
        return
    if plan.settings:
        yield from needed_settings(plan, check=check, write=write)
    yield from next_commands(plan, check=check)


def needed_settings(plan: Plan, *, check: bool, write: bool) -> Iterator[str]:
    """Yield the settings that were added to config.toml, or that it needs."""
    from processor.install import settings

    if write and not check:
        yield from screen.wrapped(f"wrote {shown(plan.config)}: {', '.join(str(setting) for setting in plan.settings)}")
        return
    yield f"{shown(plan.config)} needs (to add it: import-jobs install --write):"
    yield ""
    yield from settings.snippet(plan.settings).splitlines()
    yield ""


def next_commands(plan: Plan, *, check: bool) -> Iterator[str]:
    """Yield the commands that bring to the project what was written."""
    if check:
        yield "next: import-jobs install"
        return
    commands = ["supabase db push"] if plan.file else []
    if plan.written_functions:
        commands.append(
            f"supabase functions deploy {' '.join(change.folder.name for change in plan.written_functions)}"
        )
    if plan.file and plan.new[0].name == "schema_and_roles":
        commands.append(CONFIGURE)
    yield from (f"next: {command}" for command in commands)


def shown(path: Path) -> str:
    """Return a path as the user would type it here."""
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)
