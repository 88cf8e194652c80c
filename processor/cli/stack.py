"""`import-jobs stack`: start and stop the embedded stack."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from processor.errors import UserError

if TYPE_CHECKING:
    from processor.local.state import State

app = typer.Typer(help="Postgres, Storage, pg_net and the processor on this machine.", no_args_is_help=True)

Data = Annotated[Path, typer.Option("--data", help="Folder of the stack's data.", show_default=True)]
_DEFAULT = Path(".import-jobs")


@app.command()
def up(
    data: Data = _DEFAULT,
    detach: Annotated[bool, typer.Option("--detach", help="Run in the background.")] = False,
    no_processor: Annotated[
        bool, typer.Option("--no-processor", help="Do not start the processor; run `import-jobs serve` yourself.")
    ] = False,
    postgres: Annotated[
        int | None, typer.Option("--postgres", help="Major version of Postgres: 15, 17 or 18 (the default).")
    ] = None,
) -> None:
    """Start the stack and run it until Ctrl-C."""
    from processor.local import detached, run_record

    directory = data.absolute()
    if not detach:
        from processor.local import supervisor

        supervisor.supervise(
            directory,
            postgres,
            processor=not no_processor,
            on_ready=lambda state: _show(state, data, attached=True, processor=not no_processor),
        )
        return
    if run_record.read_running(directory):
        raise UserError(f"a stack is already running in {data}", f"Run {_command('down', data)} first.")
    arguments = ["stack", "up", "--data", str(directory)]
    arguments += ["--no-processor"] if no_processor else []
    arguments += ["--postgres", str(postgres)] if postgres else []
    state = detached.start(directory, arguments)
    _show(state, data, attached=False, processor=not no_processor)


@app.command()
def env(data: Data = _DEFAULT) -> None:
    """Print the stack's variables for the shell: eval "$(import-jobs stack env)"."""
    from processor.local import run_record, state

    run = run_record.read_running(data.absolute())
    kept = state.load(data.absolute())
    if run is None or kept is None:
        raise UserError(f"no stack is running in {data}", f"Run {_command('up', data)} first.")
    if not run.ready:
        raise UserError(f"the stack in {data} is still starting", "Try again in a few seconds.")
    for name, value in kept.shell_variables().items():
        print(f"export {name}={value}")


@app.command()
def down(data: Data = _DEFAULT) -> None:
    """Stop the stack and keep its data."""
    from processor.local import detached

    if not (data / "state.json").exists():
        raise UserError(f"there is no stack in {data}", "Name its folder with --data.")
    stopped = detached.stop(data.absolute())
    print(f"The stack in {data} is stopped." if stopped else f"No stack was running in {data}.")


def _command(name: str, data: Path) -> str:
    option = "" if data == _DEFAULT else f" --data {shlex.quote(str(data))}"
    return f"import-jobs stack {name}{option}"


def _show(state: State, data: Path, *, attached: bool, processor: bool) -> None:
    """Print the addresses of the stack. Only `stack env` prints secrets."""
    from rich.console import Console
    from rich.table import Table

    table = Table(title="import-jobs is ready", title_justify="left", show_header=False, box=None)
    table.add_row("Postgres", f"127.0.0.1:{state.postgres_port} (version {state.major}, database postgres)")
    table.add_row("Storage", f"{state.supabase_url}/storage/v1")
    table.add_row("Processor", state.processor_url if processor else "not started, see below")
    table.add_row("Logs", str(data / "logs"))
    table.add_row("Variables", f'eval "$({_command("env", data)})"')
    if not processor:
        table.add_row("Then", 'DATABASE_URL="$PROCESSOR_DATABASE_URL" import-jobs serve')
    table.add_row("Stop", f"Ctrl-C or {_command('down', data)}" if attached else _command("down", data))
    Console(soft_wrap=True).print(table)
