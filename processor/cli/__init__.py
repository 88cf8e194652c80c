"""The command `import-jobs`.

Each command imports what it needs when it runs, so that `--help` is fast.
"""

from __future__ import annotations

import sys

import typer

from processor.cli import database, serve, show, stack, upload
from processor.config import BadEnvironment
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
    """Run the command line. An error that the user can correct is printed in one line and ends with exit status 1."""
    try:
        app()
    except (UserError, BadEnvironment) as exc:
        error = exc if isinstance(exc, UserError) else UserError(str(exc), exc.hint)
        if error.details:
            print(error.details, file=sys.stderr)
        print(f"error: {error}", file=sys.stderr)
        sys.exit(1)
