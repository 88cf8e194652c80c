"""The tables that the jobs of a run share, and the fingerprint of their rows as Postgres computes it."""

from __future__ import annotations

from typing import LiteralString

import psycopg

# Only the ledger prevents duplicate rows in `plain`, which has no key. `keyed` rejects rows in every way.
TABLES: LiteralString = """
create table public.chaos_countries (code text primary key);
insert into public.chaos_countries values ('BR'), ('PT'), ('AO');

create table public.chaos_plain (
  source integer not null, n bigint not null, name text, amount numeric(12,2), born date, active boolean,
  label varchar(24) not null, note text, code text, country text
);
create index on public.chaos_plain (source);

create table public.chaos_keyed (
  like public.chaos_plain, primary key (source, n), unique (code), check (amount >= 0),
  foreign key (country) references public.chaos_countries (code)
);
insert into public.chaos_keyed (source, n, label, code) values (0, 0, 'nobody''s', 'taken');
create function public.chaos_reject() returns trigger language plpgsql as $$
begin
  if new.name = 'reject me' then
    raise exception 'rejected by the trigger of the table';
  end if;
  return new;
end
$$;
create trigger reject before insert on public.chaos_keyed for each row execute function public.chaos_reject();

select importer.register_target('public.chaos_plain'), importer.register_target('public.chaos_keyed');
"""
# The text of every row, in the format of `oracle.accepted_rows`: unit separators between the fields, and a record
# separator for null.
ROWS: LiteralString = """
create view public.chaos_rows as
select
  place, source, n, concat_ws(
    chr(31), source, n, coalesce(name, chr(30)), coalesce(amount::text, chr(30)), coalesce(born::text, chr(30)),
    coalesce(active::text, chr(30)), label, coalesce(note, chr(30)), coalesce(code, chr(30)), coalesce(country, chr(30))
  ) as line
from (
  select 'plain' as place, p.* from public.chaos_plain as p
  union all
  select 'keyed' as place, k.* from public.chaos_keyed as k where source > 0
) as both_tables
"""
FINGERPRINTS: LiteralString = """
select place, source, count(*) as rows,
  sum(('x' || substr(digest, 1, 15))::bit(60)::bigint)::numeric as low,
  sum(('x' || substr(digest, 16, 15))::bit(60)::bigint)::numeric as high
from (select place, source, md5(line) as digest from public.chaos_rows) as digests group by place, source
"""


def create(conn: psycopg.Connection) -> None:
    """Create the tables and register them as targets."""
    with conn.transaction():
        conn.execute(TABLES)
        conn.execute(ROWS)
