"""Files of which the target refuses some rows or all but one, against a clean file of the same length and table."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from benchmarks.measurement import JobRequest, check_row_count, run_job
from benchmarks.results import Figure, Goal, Outcome, median
from benchmarks.size import Size
from benchmarks.stack import BenchmarkStack
from benchmarks.uploads import uploaded
from processor.errors import UserError

USER = "00000000-0000-4000-8000-00000000000a"
TABLE = "public.bench_refused"
CLEAN, SOME, ALL = "clean", "5 %", "100 %"
#: Every so many rows, one is refused. The first row of a file is good: a job of which nothing is loaded fails.
EVERY = {CLEAN: 0, SOME: 20, ALL: 1}
OPTIONS = {"max_errors": "100%"}
COLUMNS = {
    "id": "bigint",
    "name": "text",
    "day": "date",
    "a": "integer",
    "b": "integer",
    "c": "integer",
    "number": "integer",
}
RATIO = "times the clean file, {} refused"
BLOCK_ROWS = 500_000
# Constants alone.
BEFORE = f"""
drop table if exists {TABLE}, public.bench_parents, public.bench_pairs;
drop domain if exists public.bench_positive;
create domain public.bench_positive as integer check (value > 0);
create table public.bench_parents (id integer primary key);
insert into public.bench_parents select generate_series(0, 999);
create table public.bench_pairs (a integer, b integer, primary key (a, b));
insert into public.bench_pairs select n, n % 500 from generate_series(0, 999) as n;
create or replace function public.bench_refuse() returns trigger language plpgsql as $$
begin
  if new.number = 0 then raise exception 'zero'; end if;
  return new;
end $$;
"""  # noqa: S608
KEY = "primary key (id)"
PARENTS = "foreign key ({}) references public.bench_parents"
TRIGGER = f"create trigger refuse before insert on {TABLE} for each row execute function public.bench_refuse();"
SECURED = (
    f"alter table {TABLE} enable row level security; grant select, insert on {TABLE} to authenticated;"
    f"create policy positive on {TABLE} to authenticated using (true) with check (number > 0);"
)
OWN_RULES = (
    f"alter table {TABLE} enable row level security; grant select, insert on {TABLE} to authenticated;"
    f"create policy own on {TABLE} to authenticated using (true)"
    " with check (id >= 0 and (select auth.uid()) is not null);"
)
#: Modes that meet existing rows, and which of the keys in the file are in the table: those below 1/n of the rows.
EXISTING = {"upsert": 2, "ignore": 2, "update": 1}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """Why rows are refused.

    `constraints` are those of the table, and `after` are statements that follow it. `column` has the `bad` value in
    refused rows; without a column, the table has their keys. `some` and `all` are the most times that a file may take
    as long as a clean one. `mode` is that of the target, and `options` are those of the jobs.
    """

    name: str
    title: str
    some: float
    all: float
    constraints: tuple[str, ...] = (KEY,)
    column: str | None = None
    bad: str = "0"
    after: str = ""
    number_type: str = "integer"
    user: str | None = None
    mode: str = "insert"
    options: dict[str, bool] = field(default_factory=dict[str, bool])


BY_INSERT = (
    Cause(name="validation", title="a date that does not exist", some=1.3, all=3, column="day", bad="2026-13-01"),
    Cause(name="key-in-table", title="a key that is in the table", some=2.2, all=3.5),
    Cause(name="key-in-file", title="a key that is twice in the file", some=2.2, all=3.5, column="id"),
    Cause(
        name="parent",
        title="a foreign key",
        some=1.5,
        all=3,
        constraints=(KEY, PARENTS.format("a")),
        column="a",
        bad="5000",
    ),
    Cause(
        name="parents",
        title="one of three foreign keys",
        some=1.5,
        all=3,
        constraints=(KEY, *(PARENTS.format(name) for name in "abc")),
        column="c",
        bad="5000",
    ),
    Cause(
        name="pair",
        title="a composite foreign key",
        some=1.5,
        all=3,
        constraints=(KEY, "foreign key (a, b) references public.bench_pairs"),
        column="a",
        bad="5000",
    ),
    Cause(
        name="check",
        title="a check",
        some=1.8,
        all=3.5,
        constraints=(KEY, "check (number > 0)"),
        column="number",
    ),
    Cause(name="domain", title="a domain", some=1.8, all=3.5, column="number", number_type="public.bench_positive"),
    Cause(
        name="exclusion",
        title="an exclusion constraint",
        some=6,
        all=10,
        constraints=("exclude using gist (int8range(id, id + 1) with &&)",),
        column="id",
    ),
    Cause(name="trigger", title="a trigger", some=6, all=10, column="number", after=TRIGGER),
    Cause(
        name="row-security",
        title="row security of the uploader",
        some=6,
        all=10,
        column="number",
        after=SECURED,
        user=USER,
    ),
)
UNIQUE = Cause(
    name="unique",
    title="a second unique key",
    some=2.2,
    all=3.5,
    constraints=(KEY, "unique (name)"),
    column="name",
    bad="taken",
)


def in_mode(cause: Cause, mode: str) -> Cause:
    """Return a cause that refuses rows in a mode of the target, or all or nothing, or as the uploader."""
    given = replace(cause, name=f"{mode}-{cause.name}", title=f"{cause.title} ({mode})")
    if mode == "uploader":
        return replace(given, after=OWN_RULES, user=USER)
    return replace(given, options={"atomic": True}) if mode == "atomic" else replace(given, mode=mode)


#: What sets can say in every mode.
IN_MODES = tuple(cause for cause in BY_INSERT if cause.name in ("parent", "check", "domain"))
CAUSES = (
    *BY_INSERT,
    *(in_mode(cause, mode) for mode in ("upsert", "ignore", "update", "atomic", "uploader") for cause in IN_MODES),
    in_mode(UNIQUE, "upsert"),
)


def setup(cause: Cause, rows: int, side: str) -> str:
    """Return the statements that create the table of one side; where it has keys, a clean file meets as many rows."""
    types = {**COLUMNS, "number": cause.number_type}
    columns = ", ".join([*(f"{name} {kind}" for name, kind in types.items()), *cause.constraints])
    key = ", key_columns => '{id}'" if cause.mode in EXISTING else ""
    register = f"select importer.register_target('{TABLE}', mode => '{cause.mode}'{key});"
    return f"{BEFORE} create table {TABLE} ({columns}); {cause.after} {existing_rows(cause, rows, side)} {register}"


def existing_rows(cause: Cause, rows: int, side: str) -> str:
    """Return the statements that fill the table."""
    insert = f"insert into {TABLE} (id, name, a, b, c, number)"
    if cause.mode in EXISTING:
        last = rows // EXISTING[cause.mode] - 1
        taken = "union all select -1, 'taken', 0, 0, 0, 1"
        return f"{insert} select n, n::text, 0, 0, 0, 1 from generate_series(0, {last}) as n {taken};"  # noqa: S608
    if cause.column is not None:
        return ""
    every = EVERY[side] or EVERY[SOME]
    sign = -1 if side == CLEAN else 1
    return f"insert into {TABLE} (id) select {sign} * n from generate_series({every}, {rows - 1}, {every}) as n;"  # noqa: S608


def refused_rows(rows: int, side: str) -> int:
    """Return how many of `rows` rows are refused."""
    return (rows - 1) // EVERY[side] if EVERY[side] else 0


def write(path: Path, rows: int, cause: Cause, side: str) -> Path:
    """Write the file of one side."""
    with path.open("wb") as file:
        file.write((",".join(COLUMNS) + "\n").encode())
        for start in range(0, rows, BLOCK_ROWS):
            lines(np.arange(start, min(start + BLOCK_ROWS, rows)), cause, side).write_csv(file, include_header=False)
    return path


def lines(ids: np.ndarray[tuple[int], np.dtype[np.int64]], cause: Cause, side: str) -> pl.DataFrame:
    """Return rows with these ids."""
    number = pl.col("id")
    frame = pl.DataFrame({"id": ids}).with_columns(
        name=pl.format("name of {}", number),
        day=pl.format("2026-0{}-1{}", number % 9 + 1, number % 10),
        a=number % 1000,
        b=number % 1000 % 500,
        c=number % 700,
        number=number % 9 + 1,
    )
    every = EVERY[side]
    if cause.column is None or not every:
        return frame
    refused = (number % every == 0) & (number > 0)
    bad = pl.lit(cause.bad)
    return frame.with_columns(
        pl.when(refused).then(bad).otherwise(pl.col(cause.column).cast(pl.String)).alias(cause.column)
    )


def check_job(stack: BenchmarkStack, cause: Cause, job: dict[str, Any], before: int, rejected: int) -> None:
    """Check how many rows a job has rejected, and where it inserts only, how many the table has.

    Raises: UserError.
    """
    if cause.mode not in EXISTING:
        check_row_count(stack, TABLE, before + job["rows_read"] - rejected)
    elif cause.mode != "ignore" and job["rows_rejected"] != rejected:
        raise UserError(f"{job['rows_rejected']:,} rows were rejected in place of {rejected:,}")


def refused(cause: Cause, stack: BenchmarkStack, size: Size) -> Outcome:
    """Load the three files in turn, each into a new table; return how many times as long as the clean one they take."""
    samples: dict[str, list[float]] = {side: [] for side in EVERY}
    with stack.scratch_folder() as folder:
        files = [write(folder / f"{number}.csv", size.rows, cause, side) for number, side in enumerate(EVERY)]
        megabytes = files[0].stat().st_size / 1e6
        with uploaded(stack.env, files, cause.user or "service") as paths:
            path_of = dict(zip(EVERY, paths, strict=True))
            for run in range(size.runs):
                for side in list(EVERY)[:: 1 if run % 2 == 0 else -1]:
                    stack.prepare(setup(cause, size.rows, side))
                    before = stack.scalar(f"select count(*) from {TABLE}")  # noqa: S608
                    options = OPTIONS | cause.options
                    request = JobRequest(path_of[side], TABLE.removeprefix("public."), options, cause.user)
                    job = run_job(stack, request)
                    samples[side].append(job["seconds"])
                    check_job(stack, cause, job, before, refused_rows(size.rows, side))
    stack.prepare(f"drop table {TABLE}, public.bench_parents, public.bench_pairs; drop domain public.bench_positive")
    clean = median(samples[CLEAN])
    bounds = {SOME: cause.some, ALL: cause.all}
    return Outcome(
        size=f"{size.rows:,} rows, {megabytes:,.0f} MB",
        samples=samples,
        figures=tuple(
            Figure(RATIO.format(side), median(samples[side]) / clean, "×", Goal(high=bound))
            for side, bound in bounds.items()
        ),
    )


#: The function of each benchmark, by the name of its cause.
RUNS: dict[str, Callable[[BenchmarkStack, Size], Outcome]] = {cause.name: partial(refused, cause) for cause in CAUSES}
