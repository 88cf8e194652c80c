"""`import-jobs migrate` and `import-jobs configure`: prepare a database."""

import os
import secrets
from typing import Annotated

import psycopg
import typer

from processor.cli.environment import connected, database_user_error, variable
from processor.config import is_web_address
from processor.errors import UserError


def migrate() -> None:
    """Apply supabase/migrations to DATABASE_URL; what is applied already is left alone."""
    from processor.database.migrate import apply

    url = variable("DATABASE_URL")
    try:
        applied = apply(url)
    except psycopg.Error as exc:
        raise database_user_error(exc) from exc
    for name in applied:
        print(f"applied {name}")
    print(f"{len(applied)} migrations applied" if applied else "nothing to do: all migrations are applied")


def configure(
    processor_url: Annotated[str, typer.Option(help="Where the database reaches the processor, such as https://host.")],
    wake_token: Annotated[
        str, typer.Option(envvar="IMPORT_JOBS_WAKE_TOKEN", help="Token that rings it; made when none is given.")
    ] = "",
) -> None:
    """Store the processor's URL and the doorbell's token, in Vault where there is one."""
    from processor.database.configure import configure as store

    if not is_web_address(processor_url):
        raise UserError(f"{processor_url!r} is not a URL", "it begins with http:// or https://")
    with connected(variable("DATABASE_URL")):
        pass
    token = wake_token or secrets.token_urlsafe(32)
    try:
        place = store(os.environ["DATABASE_URL"], processor_url, token)
    except psycopg.Error as exc:
        raise database_user_error(exc) from exc
    print(f"stored in {place}: the database rings {processor_url.rstrip('/')}/process-import-jobs")
    if not wake_token:
        print("a new wake token was made; a processor reads it from the database by itself")
