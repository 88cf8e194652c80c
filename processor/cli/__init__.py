"""The command `import-jobs`. Commands import what they need when they run, so that `--help` is quick."""

from __future__ import annotations

import sys

import typer

from processor.cli import database, serve, show, stack, upload
from processor.errors import UserError

app = typer.Typer(
    name="import-jobs",
    help="Postgres-native CSV imports for Supabase.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(stack.app, name="stack")
app.command()(database.migrate)
app.command()(database.configure)
app.command()(serve.serve)
app.command("import")(upload.import_file)
app.command()(show.jobs)
app.command()(show.job)


def main() -> None:
    """Run the command line; what the caller can mend ends in one line and exit status 1."""
    try:
        app()
    except UserError as problem:
        if problem.details:
            print(problem.details, file=sys.stderr)
        print(f"error: {problem}", file=sys.stderr)
        sys.exit(1)
