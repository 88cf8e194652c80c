"""`import-jobs stack`: start, stop, restart and reset the local stack."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from processor.cli.screen import screen
from processor.errors import UserError
from processor.local.platform import require_packages, require_unix

if TYPE_CHECKING:
    from processor.local.run_record import RunRecord

app = typer.Typer(
    help="Postgres, Storage, the Data API, Auth, pg_net and the processor on this machine.", no_args_is_help=True
)

Data = Annotated[Path, typer.Option("--data", help="Folder of the stack's data.", show_default=True)]
DEFAULT = Path(".import-jobs")


@app.callback()
def stack() -> None:
    """Postgres, Storage, the Data API, Auth, pg_net and the processor on this machine."""
    require_unix()
    require_packages()


@app.command()
def up(
    data: Data = DEFAULT,
    detach: Annotated[bool, typer.Option("--detach", help="Run in the background.")] = False,
    no_processor: Annotated[
        bool, typer.Option("--no-processor", help="Do not start the processor; run `import-jobs serve` yourself.")
    ] = False,
    no_api: Annotated[
        bool, typer.Option("--no-api", help="Do not start the Data API and Auth; supabase-js then has Storage only.")
    ] = False,
    postgres: Annotated[
        int | None, typer.Option("--postgres", help="Major version of Postgres: 15, 17 or 18 (the default).")
    ] = None,
) -> None:
    """Start the stack and run it until Ctrl-C. A part that ends is started again."""
    from processor.cli.stack_addresses import show_addresses
    from processor.local import detached, run_record
    from processor.local.node import installation

    directory = data.absolute()
    if not detach:
        from processor.local import supervisor

        supervisor.supervise(
            directory,
            postgres,
            processor=not no_processor,
            with_api=not no_api,
            on_ready=lambda state: show_addresses(state, data, attached=True),
        )
        return
    if run_record.read_running(directory):
        raise UserError(f"a stack is already running in {data}", f"Run {command('down', data)} first.")
    arguments = ["stack", "up", "--data", str(directory)]
    arguments += ["--no-processor"] if no_processor else []
    arguments += ["--no-api"] if no_api else []
    arguments += ["--postgres", str(postgres)] if postgres else []
    if not no_api and (what := installation.first_time()):
        screen.note(what)  # the supervisor says so as well, but in its log
    state = detached.start(directory, arguments)
    show_addresses(state, data, attached=False)


@app.command()
def env(data: Data = DEFAULT) -> None:
    """Print the stack's variables for the shell: eval "$(import-jobs stack env)"."""
    from processor.local import state

    ready_run(data)
    kept = state.load(data.absolute())
    if kept is None:
        raise UserError(f"no stack is running in {data}", f"Run {command('up', data)} first.")
    variables = kept.shell_variables()
    lines = [f"export {name}={value}" for name, value in variables.items()]
    screen.show(variables, lines, lambda: lines)


@app.command()
def down(data: Data = DEFAULT) -> None:
    """Stop the stack and keep its data."""
    from processor.local import detached

    if not (data / "state.json").exists():
        raise UserError(f"there is no stack in {data}", "Name its folder with --data.")
    stopped = detached.stop(data.absolute())
    sentence = f"The stack in {data} is stopped." if stopped else f"No stack was running in {data}."
    screen.show({"stopped": stopped}, [], lambda: [sentence])


@app.command()
def restart(
    part: Annotated[
        str | None,
        typer.Argument(metavar="[PART]", help="postgres, storage, pgnet, rest, auth or processor. Default: all."),
    ] = None,
    data: Data = DEFAULT,
) -> None:
    """Stop parts of the running stack, or all, and start them again."""
    from processor.local import detached

    run = ready_run(data)
    names = [part.replace("_", "")] if part else list(run.parts)
    if names[0] not in run.parts:
        raise UserError(f"the stack has no part {part!r}", f"Its parts are {', '.join(run.parts)}.")
    detached.restart(data.absolute(), run, names)
    screen.show({"restarted": names}, names, lambda: [f"restarted: {', '.join(names)}"])


@app.command()
def reset(
    data: Data = DEFAULT,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Stop the stack and delete its database, files, logs and keys; the next `stack up` begins anew."""
    from processor.local import reset as deletion

    if not deletion.is_stack(data):
        raise UserError(f"there is no stack in {data}", "Name its folder with --data.")
    if not yes:
        if not sys.stdin.isatty():
            raise UserError(
                f"this would delete all data of the stack in {data}", "Add --yes to do it without a question."
            )
        typer.confirm(f"Delete the database, the files and the keys of the stack in {data}?", abort=True, err=True)
    deletion.reset(data.absolute())
    screen.show({"deleted": True}, [], lambda: [f"The stack in {data} is deleted."])


def ready_run(data: Path) -> RunRecord:
    """Return the record of the stack that runs in a folder.

    Raises: UserError when none runs, or when it is still starting.
    """
    from processor.local import run_record

    run = run_record.read_running(data.absolute())
    if run is None:
        raise UserError(f"no stack is running in {data}", f"Run {command('up', data)} first.")
    if not run.ready:
        raise UserError(f"the stack in {data} is still starting", "Try again in a few seconds.")
    return run


def command(name: str, data: Path) -> str:
    """Return how a command of the stack is called for this folder."""
    option = "" if data == DEFAULT else f" --data {shlex.quote(str(data))}"
    return f"import-jobs stack {name}{option}"
