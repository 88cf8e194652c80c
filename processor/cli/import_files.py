"""`import-jobs import FILE…`: upload files, insert their jobs, and follow them to their ends."""

import sys
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import psycopg
import typer
from psycopg.types.json import Jsonb

from processor.cli import completion, follow
from processor.cli.connection import connected
from processor.cli.interrupts import interruptible
from processor.cli.job_options import job_options
from processor.cli.progress import ProgressLine
from processor.cli.screen import screen
from processor.cli.upload import BUCKET, local_copy, object_path, shown_name, upload
from processor.cli.watch import Strict
from processor.config import database_url, storage_credentials
from processor.errors import UserError

INSERT = """
insert into public.import_jobs (bucket_id, object_path, target, options, created_by, file_name)
values (%s, %s, %s, %s, %s, %s) returning id
"""
STDIN = Path("-")
OPTION_HELP = "An option of the jobs, such as max_errors=2%; may be given again."
MAPPING_HELP = "A header of the file and its column; may be given again."
USER_HELP = "The user who owns the jobs; the files go into the user's folder."


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What the jobs of one command have in common."""

    target: str
    options: dict[str, Any]
    owner: UUID | None

    def insert(self, conn: psycopg.Connection, path: str, file: Path = STDIN) -> UUID:
        """Insert the job of a file that was uploaded to `path`; return its id.

        Raises: psycopg.Error.
        """
        values = (BUCKET, path, self.target, Jsonb(self.options), self.owner, shown_name(file.name))
        row = conn.execute(INSERT, values).fetchone()
        return row[0] if row else UUID(int=0)


def import_files(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="CSV files; - is standard input.")],
    target: Annotated[
        str,
        typer.Option(
            metavar="TARGET", help="Name of a registered target, or of its table.", autocompletion=completion.targets
        ),
    ],
    option: Annotated[list[str] | None, typer.Option(metavar="NAME=VALUE", help=OPTION_HELP)] = None,
    mapping: Annotated[list[str] | None, typer.Option(metavar="HEADER=COLUMN", help=MAPPING_HELP)] = None,
    locale: Annotated[str | None, typer.Option(metavar="LOCALE", help="How values are written, such as pt-BR.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check the files and write nothing.")] = False,
    inspect: Annotated[
        bool, typer.Option("--inspect", help="Look at the beginning of the files, and write nothing.")
    ] = False,
    as_user: Annotated[UUID | None, typer.Option(metavar="UUID", help=USER_HELP)] = None,
    strict: Strict = False,
    watch: Annotated[
        bool, typer.Option("--watch/--no-watch", help="Follow the jobs to their ends, or only insert them.")
    ] = True,
) -> None:
    """Upload files to Storage, insert the jobs that import them, and follow the jobs to their ends.

    The exit status is 0 if every job completed, 1 if one failed, was cancelled or, with --strict, rejected a row, and
    130 after Ctrl-C, which stops nothing but this command.
    """
    options = job_options(option or (), mapping or (), locale, dry_run=dry_run, inspect=inspect)
    request = Request(target=target, options=options, owner=as_user)
    url = database_url()
    credentials = storage_credentials()
    check_files(files)
    with connected(url) as conn:
        check_target(conn, target)
        rehearse(conn, request)
    raise typer.Exit(Import(url, credentials, request, strict=strict, watch=watch).run(files))


def check_files(files: list[Path]) -> None:
    """Check that every argument is a file that can be read, before the first one is uploaded.

    Raises: UserError.
    """
    if files.count(STDIN) > 1:
        raise UserError("standard input is named twice", "Name - once.")
    for file in files:
        if file != STDIN and not file.is_file():
            raise UserError(f"{file} is not a file", "Name a CSV file, or - for standard input.")


def check_target(conn: psycopg.Connection, target: str) -> None:
    """Check that a target is registered.

    Raises: UserError, with the statement that registers it.
    """
    row = conn.execute("select importer.describe_target(%s) is not null", (target,)).fetchone()
    if not row or not row[0]:
        table = (target if "." in target else f"public.{target}").replace("'", "''")
        raise UserError(
            f"no target {target!r} is registered",
            f"Run in SQL: select importer.register_target('{table}')",
            code="IJ106",
        )


def rehearse(conn: psycopg.Connection, request: Request) -> None:
    """Insert a job and take it back, so that what the database refuses is known before the upload.

    Raises: psycopg.Error.
    """
    with conn.transaction(force_rollback=True):
        request.insert(conn, object_path("rehearsal.csv", request.owner))


class Import:
    """One run of the command: the files in turn, then their jobs."""

    def __init__(self, url: str, credentials: tuple[str, str], request: Request, *, strict: bool, watch: bool) -> None:
        self.url, self.credentials, self.request = url, credentials, request
        self.strict, self.watch = strict, watch
        self.submitted = False
        self.going_on: list[UUID] = []

    def run(self, files: list[Path]) -> int:
        """Upload the files, insert their jobs and follow them; return the exit status.

        When an upload fails, the jobs that were inserted before are followed first.
        Raises: UserError.
        """
        try:
            with interruptible():
                return self._submit_and_follow(files)
        except KeyboardInterrupt:
            if not self.submitted:
                screen.note("interrupted before a job was inserted; nothing is imported")
                raise
            return follow.interrupted(self.going_on)

    def _submit_and_follow(self, files: list[Path]) -> int:
        try:
            for file in files:
                self._submit(file)
        except UserError:
            self._follow()
            raise
        return self._follow()

    def _follow(self) -> int:
        return follow.follow_all(self.url, self.going_on, strict=self.strict) if self.watch and self.going_on else 0

    def _submit(self, file: Path) -> None:
        """Upload a file and insert its job."""
        with source(file) as path, ProgressLine() as line:
            size = path.stat().st_size
            name = object_path(path.name, self.request.owner)
            line.upload(path.name, 0, size)
            upload(*self.credentials, path, name, lambda sent: line.upload(path.name, min(sent, size), size))
        with connected(self.url) as conn:
            job_id = self.request.insert(conn, name, file)
            self.submitted = True
            self.going_on.append(job_id)
            self._announce(conn, job_id, file)

    def _announce(self, conn: psycopg.Connection, job_id: UUID, file: Path) -> None:
        """Say which job imports a file. With --no-watch that is the result of the command."""
        screen.sentence(announcement(job_id, file, self.request))
        if self.watch:
            return
        if screen.as_json:
            row = conn.execute(follow.DOCUMENT, (job_id,)).fetchone()
            screen.document(row[0] if row else None)
        elif screen.quiet:
            screen.lines([str(job_id)])


def announcement(job_id: UUID, file: Path, request: Request) -> str:
    """Return which job imports a file into which target."""
    what = "standard input" if file == STDIN else file.name
    if request.options.get("inspect") is True:
        return f"job {job_id} inspects {what} for {request.target}"
    kind = "checks" if request.options.get("dry_run") is True else "imports"
    return f"job {job_id} {kind} {what} into {request.target}"


def source(file: Path) -> AbstractContextManager[Path]:
    """Return the path of a file; standard input is first written to a temporary file."""
    return local_copy(sys.stdin.buffer, "stdin.csv") if file == STDIN else nullcontext(file)
