"""`import-jobs import`: upload a file, insert its job and watch it."""

import re
import unicodedata
from pathlib import Path
from typing import Annotated
from uuid import UUID, uuid4

import psycopg
import typer

from processor.cli.connection import connected
from processor.config import database_url, storage_credentials
from processor.errors import UserError

BUCKET = "imports"
INSERT = "insert into public.import_jobs (bucket_id, object_path, target) values (%s, %s, %s) returning id"
# By default the client gives up after 20 s of silence, but a server may need longer to store 2 GB.
UPLOAD_SECONDS = 600


def import_file(
    file: Annotated[Path, typer.Argument(help="CSV file to import.")],
    target: Annotated[str, typer.Option(help="Name of a registered target, or of its table.")],
    watch: Annotated[bool, typer.Option("--watch", help="Show the progress until the job ends.")] = False,
) -> None:
    """Upload FILE to Storage and insert the job that imports it.

    With --watch the exit status is 0 only when the job completes.
    """
    url = database_url()
    supabase_url, key = storage_credentials()
    if not file.is_file():
        raise UserError(f"{file} is not a file", "Name a CSV file.")
    with connected(url) as conn:
        check_target(conn, target)
        path = object_path(file.name)
        upload(supabase_url, key, file, path)
        row = conn.execute(INSERT, (BUCKET, path, target)).fetchone()
    job_id: UUID = row[0] if row else UUID(int=0)
    print(f"job {job_id}")
    if watch:
        from processor.cli.watch import watch as follow

        raise typer.Exit(0 if follow(url, job_id) == "completed" else 1)


def check_target(conn: psycopg.Connection, target: str) -> None:
    """Check that a target is registered.

    Raises: UserError, with the statement that registers it.
    """
    row = conn.execute("select importer.describe_target(%s) is not null", (target,)).fetchone()
    if not row or not row[0]:
        table = (target if "." in target else f"public.{target}").replace("'", "''")
        raise UserError(
            f"no target {target!r} is registered", f"Run in SQL: select importer.register_target('{table}')"
        )


def object_path(name: str) -> str:
    """Return a new path for a file. The path is ASCII, as Storage requires, and unique, so that nothing is replaced."""
    stem = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9._-]+", "-", stem).strip("-.") or "file.csv"
    return f"service/{uuid4().hex}/{slug[-100:]}"


def upload(supabase_url: str, key: str, file: Path, path: str) -> None:
    """Upload a file to the bucket as a stream.

    Raises: UserError.
    """
    import httpx
    from storage3.exceptions import StorageApiError

    from supabase import Client, ClientOptions, SupabaseException, create_client

    try:
        client: Client = create_client(supabase_url, key, ClientOptions(storage_client_timeout=UPLOAD_SECONDS))
        with file.open("rb") as source:
            client.storage.from_(BUCKET).upload(path, source, {"content-type": "text/csv"})
    except StorageApiError as exc:
        raise UserError(
            f"Storage refused the upload ({exc.code}: {exc.message})", "Check the key and the limits of the bucket."
        ) from exc
    except (SupabaseException, httpx.InvalidURL) as exc:
        raise UserError(f"the client of Supabase rejected SUPABASE_URL or the key ({exc})", "Check both.") from exc
    except httpx.TransportError as exc:
        raise UserError("Storage does not answer", "Check SUPABASE_URL, and that the server is running.") from exc
    except OSError as exc:
        raise UserError(f"{file} cannot be read ({exc.strerror})", "Check the permissions of the file.") from exc
