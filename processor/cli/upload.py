"""`import-jobs import`: upload a file, insert the job, watch it."""

import re
import unicodedata
from pathlib import Path
from typing import Annotated
from uuid import UUID, uuid4

import typer

from processor.cli.environment import connected, storage, variable
from processor.errors import UserError

BUCKET = "imports"
INSERT = "insert into public.import_jobs (bucket_id, object_path, target) values (%s, %s, %s) returning id"
# Without a limit of its own the client gives up after 20 s of silence, while a server may take longer to store 2 GB.
UPLOAD_SECONDS = 600


def import_file(
    file: Annotated[Path, typer.Argument(help="The CSV to import.")],
    target: Annotated[str, typer.Option(help="Name of a registered target, or its table.")],
    watch: Annotated[bool, typer.Option("--watch", help="Show progress until the end.")] = False,
) -> None:
    """Upload FILE to Storage and insert the job that imports it; with --watch exit 0 only when it completes."""
    url = variable("DATABASE_URL")
    supabase_url, key = storage()
    if not file.is_file():
        raise UserError(f"{file} is not a file", "give the path of a CSV")
    with connected(url) as conn:
        known = conn.execute("select importer.describe_target(%s) is not null", (target,)).fetchone()
        if not known or not known[0]:
            table = (target if "." in target else f"public.{target}").replace("'", "''")
            raise UserError(
                f"no target {target!r} is registered", f"run in SQL: select importer.register_target('{table}')"
            )
        path = object_path(file.name)
        upload(supabase_url, key, file, path)
        row = conn.execute(INSERT, (BUCKET, path, target)).fetchone()
    job_id: UUID = row[0] if row else UUID(int=0)
    print(f"job {job_id}")
    if watch:
        from processor.cli.watch import watch as follow

        raise typer.Exit(0 if follow(url, job_id) == "completed" else 1)


def object_path(name: str) -> str:
    """Return a new path for a file: Storage takes ASCII keys only, and nothing is ever overwritten."""
    stem = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9._-]+", "-", stem).strip("-.") or "file.csv"
    return f"service/{uuid4().hex}/{slug[-100:]}"


def upload(supabase_url: str, key: str, file: Path, path: str) -> None:
    """Stream a file into the bucket.

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
            f"Storage refused the upload ({exc.code}: {exc.message})", "check the key and the bucket's limits"
        ) from exc
    except (SupabaseException, httpx.InvalidURL) as exc:
        raise UserError(f"Supabase's client refused SUPABASE_URL or the key ({exc})", "check both") from exc
    except httpx.TransportError as exc:
        raise UserError("Storage does not answer", "check SUPABASE_URL and that the server runs") from exc
    except OSError as exc:
        raise UserError(f"{file} cannot be read ({exc.strerror})", "check its permissions") from exc
