"""Random tables with random constraints, and random rows for them, of which Postgres refuses some."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

#: What a table may have besides its columns; `{t}` is its name. The values of the rows are 0 to 9, or null.
KEYS = (
    "primary key (id)",
    "primary key (id) deferrable initially deferred",
    "primary key (id, a)",
    "unique (id)",
    "unique nulls not distinct (id)",
    "",
)
CONSTRAINTS = (
    "unique (a, c)",
    "unique (b)",
    "unique nulls not distinct (b, c)",
    "constraint z_unique unique (c, p) deferrable",
    "constraint z_check check (c <> 3)",
    "constraint a_check check (a > c or a is null)",
    "check (10 / (c - 4) <> 5)",
    "check (length(b) < 3 and app.is_fine(c))",
    "constraint one_parent foreign key (p) references app.parent",
    "foreign key (p) references app.parent deferrable initially deferred",
    "foreign key (a) references app.parent (code) on delete cascade",
    "foreign key (p, c) references app.pair",
    "foreign key (p, c) references app.pair match full",
    "exclude using gist (int4range(c, c + 2) with &&)",
    "exclude using gist (int4range(a, a + 1) with &&) where (p is null)",
)
STATEMENTS = (
    "create unique index on {t} (lower(b))",
    "create unique index on {t} ((a % 4)) where c > 4",
    "create unique index on {t} (a) where p is null",
    "create unique index on {t} ((12 / (c - 5)))",
    "create trigger raising before insert or update on {t} for each row execute function app.raising()",
    "create trigger skipping before insert on {t} for each row execute function app.skipping()",
    "create trigger changing before insert on {t} for each row execute function app.changing()",
    "create trigger late after insert on {t} for each row execute function app.raising()",
    "create table app.inherited (like {t} including generated including identity) inherits ({t})",
    "create rule noted as on insert to {t} do also insert into app.notes values (new.id)",
)
ADDED_COLUMNS = (
    "g integer generated always as (c * 2) stored unique",
    "g integer generated always as identity",
    "g integer default 7",
    "g integer not null default 1 check (g > 0)",
)
TYPES_OF_C = ("integer", "app.not_five", "app.filled", "integer not null", "smallint")
PARTITIONED = "create table app.low partition of {t} for values from (0) to (6)"
SCHEMA = """
drop schema if exists app cascade;
create schema app;
create domain app.not_five as integer constraint not_five check (value <> 5);
create domain app.filled as integer not null check (value is not null);
create table app.parent (id integer primary key, code integer unique);
create table app.pair (p integer, c integer, primary key (p, c));
create table app.notes (id integer);
insert into app.parent select n, n * 2 from generate_series(0, 6) as n;
insert into app.pair select m, n from generate_series(0, 5) as m, generate_series(0, 7) as n where (m + n) % 3 <> 0;
create function app.is_fine(c integer) returns boolean language plpgsql as $$
begin
  if c = 8 then raise exception 'eight' using errcode = '22023'; end if;
  return c <> 9;
end $$;
create function app.raising() returns trigger language plpgsql as $$
begin
  if new.c = 6 then raise exception 'six'; end if;
  return new;
end $$;
create function app.skipping() returns trigger language plpgsql as $$
begin
  return case when new.a = 7 then null else new end;
end $$;
create function app.changing() returns trigger language plpgsql as $$
begin
  new.a := new.a / 2;
  return new;
end $$;
grant usage on schema app to public;
"""
#: The content of the table and of its partitions and children, for the role that may not read it.
CONTENT = """
create function app.content() returns text[] language sql security definer as $$
  select array_agg(r.row order by r.row) from (
    select concat_ws('|', t.tableoid::regclass, coalesce(t.id::text, '~'), coalesce(t.a::text, '~'),
      coalesce(t.b, '~'), coalesce(t.c::text, '~'), coalesce(t.p::text, '~')) as row from app.t as t
    union all select concat_ws('|', 'notes', n.id) from app.notes as n
  ) as r
$$;
"""
COLUMNS = ("id", "a", "b", "c", "p")
Row = tuple[str | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A table, as SQL, how it is registered, and the rows of a file for it."""

    sql: str
    mode: str
    keys: tuple[str, ...]
    options: dict[str, object]
    as_user: bool
    rows: tuple[Row, ...]


def values(random: Random, largest: int, nulls: float) -> list[str | None]:
    """Return the values of one row, in the order of `COLUMNS`."""
    numbers = [str(random.randint(0, limit)) for limit in (largest, 9, 9, 9, 8)]
    numbers[2] = random.choice("abcABCxyz") * random.choice((1, 1, 1, 2, 3))
    return [None if place and random.random() < nulls else text for place, text in enumerate(numbers)]


def case(seed: int) -> Case:
    """Return the case of a seed."""
    random = Random(seed)  # noqa: S311 - no secret
    mode = random.choice(("insert", "insert", "insert", "insert", "upsert", "ignore", "update"))
    partitioned = random.random() < 0.1
    key = random.choice(KEYS[3:] if partitioned or mode == "update" else KEYS[:1] if mode == "upsert" else KEYS)
    if mode in ("upsert", "ignore", "update"):
        key = "primary key (id)" if not partitioned else ""
    if partitioned:
        mode, key = "insert", ""
    constraints = random.sample(CONSTRAINTS, random.randint(0, 4))
    if partitioned:
        constraints = [text for text in constraints if "unique" not in text and "exclude" not in text]
    added = random.sample(ADDED_COLUMNS, random.randint(0, 1)) if not partitioned else []
    columns = f"id integer, a integer, b text, c {random.choice(TYPES_OF_C)}, p integer"
    body = ", ".join(part for part in (columns, *added, key, *constraints) if part)
    statements = [] if partitioned else random.sample(STATEMENTS, random.choice((0, 0, 1, 1, 2, 3)))
    if mode != "insert":
        statements = [text for text in statements if "create rule" not in text]  # ON CONFLICT is not for such tables
    if added:
        statements = [text for text in statements if "inherits" not in text]  # Postgres cannot drop such a schema
    create = f"create table app.t ({body}){' partition by range (c)' if partitioned else ''};"
    if partitioned:
        create += PARTITIONED.format(t="app.t") + ";"
    existing = [values(random, 400, 0.2) for _ in range(random.randint(0, 12))]
    as_user = random.random() < 0.25
    return Case(
        sql="\n".join(
            [SCHEMA, create, *(f"{text.format(t='app.t')};" for text in statements), CONTENT, fill(existing)]
        ),
        mode=mode,
        keys=("id",) if mode in ("upsert", "ignore", "update") and key else (),
        options={"atomic": True} if random.random() < 0.2 else {},
        as_user=as_user,
        rows=tuple(
            tuple(values(random, random.choice((30, 400)), random.choice((0, 0.1))))
            for _ in range(random.choice((3, 40, 150, 300)))
        ),
    )


def fill(rows: list[list[str | None]]) -> str:
    """Return the statements that put rows into the table, as far as it accepts them."""
    texts = [", ".join("null" if value is None else f"'{value}'" for value in row) for row in rows]
    return "\n".join(
        f"do $$ begin insert into app.t (id, a, b, c, p) values ({text});"
        " set constraints all immediate; exception when others then null; end $$;"
        for text in texts
    )
