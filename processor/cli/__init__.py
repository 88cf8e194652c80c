"""The command `import-jobs`.

Each command imports what it needs when it runs, so that `--help` is fast. Exit statuses: 0 when everything was done, 1
after an error or when a job did not complete, 2 when the command cannot be understood, 130 after Ctrl-C.
"""

from __future__ import annotations

import sys
from importlib import metadata
from io import TextIOWrapper
from typing import Annotated, Any

import typer

from processor import config
from processor.cli import (
    changes,
    command_tree,
    database,
    doctor,
    import_files,
    install,
    job,
    jobs,
    pause,
    psql,
    queue,
    rejections,
    serve,
    stack,
    stack_view,
    targets,
    uninstall,
    watch,
)
from processor.cli.follow import INTERRUPTED
from processor.cli.interrupts import interruptible
from processor.cli.screen import screen
from processor.errors import UserError

# Without Rich, help has the width of the terminal, cuts nothing, and shows no type of an option that has no value.
app = typer.Typer(
    name="import-jobs",
    help="Postgres-native CSV imports for Supabase.",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
app.command("import")(import_files.import_files)
app.command()(watch.watch)
app.command()(jobs.jobs)
app.command()(job.job)
app.command()(rejections.errors)
app.command()(changes.retry)
app.command()(changes.cancel)
app.command()(changes.undo)
app.command()(targets.targets)
app.command()(queue.queue)
app.command()(doctor.doctor)
app.command()(pause.pause)
app.command()(pause.resume)
app.command(context_settings={"ignore_unknown_options": True})(psql.psql)
stack.app.command()(stack_view.status)
stack.app.command()(stack_view.logs)
app.add_typer(stack.app, name="stack")
app.command()(serve.serve)
app.command()(database.migrate)
app.command()(install.install)
app.command()(uninstall.uninstall)
app.command()(database.configure)


def show_version(value: bool) -> None:
    """Print the version if it was asked for."""
    if value:
        print(f"import-jobs {metadata.version('import-jobs')}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def root(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", help="Show the version and exit.", callback=show_version, is_eager=True)
    ] = False,
) -> None:
    """Postgres-native CSV imports for Supabase."""
    if context.invoked_subcommand is None:
        print(context.get_help())


def main() -> None:
    """Run the command line, and exit with the status that the module names."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            # A terminal that cannot show a character gets its escape, instead of a failure in the middle of a table.
            stream.reconfigure(errors="backslashreplace")
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run a command and return its exit status. An error that the user can correct is printed in one line."""
    try:
        with interruptible():
            status: Any = command_tree.complete(app).main(arguments, prog_name="import-jobs", standalone_mode=False)
        return status if isinstance(status, int) else 0
    except typer.TyperException as exc:
        return usage_error(exc, arguments)
    except config.BadEnvironment as exc:
        report(UserError(str(exc), exc.hint, code="IJ131"))
    except UserError as exc:
        report(exc)
    except OSError as exc:
        from processor.local.disk import own_disk_error

        error = own_disk_error(exc)
        if error is None:
            raise
        report(error)
    except (typer.Abort, KeyboardInterrupt):
        return INTERRUPTED
    return 1


def usage_error(exc: Any, arguments: list[str]) -> int:
    """Print what is wrong with the arguments, or the help where there are none; return the exit status."""
    screen.as_json = screen.as_json or "--json" in arguments
    message = exc.format_message().strip().rstrip(".")
    context = getattr(exc, "ctx", None)
    if message.startswith("Usage:"):  # a group without a command
        print(message)
        return 0
    path = context.command_path if context else "import-jobs"
    screen.error(message[:1].lower() + message[1:], f"Run: {path} --help", "IJ130")
    return exc.exit_code


def report(error: UserError) -> None:
    """Print an error, and where variables come from that it names."""
    if error.details:
        print(error.details, file=sys.stderr)
    hint = " ".join(filter(None, (error.hint, config.origin(f"{error.message} {error.hint}"))))
    screen.error(error.message, hint, error.code)
