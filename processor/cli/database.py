"""`import-jobs migrate` and `import-jobs configure`: prepare a database."""

import secrets
from collections.abc import Iterator
from typing import Annotated

import typer

from processor import config
from processor.cli.connection import connected, database_errors
from processor.cli.screen import screen
from processor.errors import UserError
from processor.web_address import is_web_address


def migrate(
    adopt: Annotated[
        bool,
        typer.Option(
            "--adopt",
            help="Delete the rows of import-jobs from supabase_migrations, where releases before 0.2 wrote them.",
        ),
    ] = False,
) -> None:
    """Apply the migrations that DATABASE_URL does not have yet, and renew targets after a restore."""
    from processor.database import migrate, schema_version

    url = config.database_url()
    with database_errors():
        applied = migrate.apply(url)
        adopted = migrate.adopt(url) if adopt else []
        renewed = migrate.renew_target_tables(url)
        with connected(url) as conn:
            schema_version.check(conn)
            migrate.install_late_parts(conn)
    document = {"applied": applied, "renewed": renewed, "adopted": adopted}
    screen.show(document, [*applied, *renewed], lambda: changes(applied, renewed, adopted))


def changes(applied: list[str], renewed: list[str], adopted: list[str]) -> Iterator[str]:
    """Yield what `migrate` has done."""
    yield from (f"applied {name}" for name in applied)
    if adopted:
        yield from screen.wrapped(f"deleted {len(adopted)} rows of import-jobs from supabase_migrations")
    for name in renewed:
        yield from screen.wrapped(f"renewed target {name}: its table has another OID, as after a restore")
    yield f"{len(applied)} migrations applied" if applied else "nothing to do: all migrations are applied"


def configure(
    processor_url: Annotated[
        str,
        typer.Option(metavar="URL", help="URL at which the database reaches the processor, for example https://host."),
    ],
    wake_token: Annotated[
        str,
        typer.Option(
            metavar="TOKEN", help="Token of the doorbell. Default: IMPORT_JOBS_WAKE_TOKEN, or else a new token."
        ),
    ] = "",
) -> None:
    """Store the processor's URL and the doorbell's token, in Vault if the database has it."""
    from processor.database.configure import configure as store

    if not is_web_address(processor_url):
        raise UserError(f"{processor_url!r} is not a URL", "Use a URL that begins with http:// or https://.")
    url = config.database_url()
    with connected(url):  # fails after 10 s when the server does not answer
        pass
    given_token = wake_token or config.wake_token()
    with database_errors():
        place = store(url, processor_url, given_token or secrets.token_urlsafe(32))
    path = f"{processor_url.rstrip('/')}/process-import-jobs"
    document = {"stored_in": place, "rings": path, "new_wake_token": not given_token}
    screen.show(document, [], lambda: configuration(place, path, new_token=not given_token))


def configuration(place: str, url: str, *, new_token: bool) -> Iterator[str]:
    """Yield what `configure` has done."""
    yield from screen.wrapped(f"stored in {place}: the database rings {url}")
    if new_token:
        yield "created a new wake token, which processors read from the database"
