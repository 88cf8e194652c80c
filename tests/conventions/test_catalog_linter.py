"""The conditions of Supabase's database linter, and some that it lacks, as queries.

For each query a test plants an object that it must find. The queries check `public` and `importer`, whether exposed or
not, and the tables that the functions create while jobs run.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg
import pytest

from tests.conftest import Cluster
from tests.conventions.usage import use_everything

OURS = "in ('public'::regnamespace, 'importer'::regnamespace)"
CLIENTS = "'anon', 'authenticated'"


@dataclass(frozen=True, slots=True)
class Condition:
    """A fault: a query for the names of faulty objects, and statements that plant the faulty object `name`."""

    query: str
    planted: str
    name: str


CONDITIONS = {
    "function without a pinned search_path": Condition(
        f"""
        select p.oid::regprocedure::text from pg_proc as p
        where p.pronamespace {OURS}
          and not exists (select from unnest(p.proconfig) as c (setting) where c.setting like 'search_path=%')
          and not exists (select from pg_depend as d where d.objid = p.oid and d.deptype = 'e')
        """,
        "create function importer.anywhere() returns integer language sql as 'select 1'",
        "importer.anywhere()",
    ),
    "security definer that a client may call in an exposed schema": Condition(
        f"""
        select p.oid::regprocedure::text from pg_proc as p
        where p.pronamespace = 'public'::regnamespace and p.prosecdef
          and exists (
            select from unnest(array[{CLIENTS}]) as r (name) where has_function_privilege(r.name, p.oid, 'execute')
          )
        """,
        "create function public.king() returns text language sql security definer set search_path = '' as 'select 1'",
        "king()",
    ),
    "table without a primary key": Condition(
        f"""
        select c.oid::regclass::text from pg_class as c
        where c.relnamespace {OURS} and c.relkind in ('r', 'p')
          and not exists (select from pg_constraint as k where k.conrelid = c.oid and k.contype = 'p')
        """,
        "create table importer.heap (id integer)",
        "importer.heap",
    ),
    "table in an exposed schema without row security": Condition(
        """
        select c.oid::regclass::text from pg_class as c
        where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relrowsecurity
        """,
        "create table public.open_door (id integer primary key)",
        "open_door",
    ),
    "row security without a policy": Condition(
        f"""
        select c.oid::regclass::text from pg_class as c
        where c.relnamespace {OURS} and c.relrowsecurity
          and not exists (select from pg_policy as p where p.polrelid = c.oid)
        """,
        """
        create table importer.locked (id integer primary key);
        alter table importer.locked enable row level security
        """,
        "importer.locked",
    ),
    "policy on a table without row security": Condition(
        f"""
        select c.oid::regclass::text from pg_policy as p inner join pg_class as c on c.oid = p.polrelid
        where c.relnamespace {OURS} and not c.relrowsecurity
        """,
        """
        create table public.sleeping (id integer primary key);
        create policy never_asked on public.sleeping for select to authenticated using (id > 0)
        """,
        "sleeping",
    ),
    # `(select auth.jwt() ->> 'role')` is evaluated once as well, but the linter recognises only `(select auth.jwt())`.
    "policy that asks for the user once for each row": Condition(
        r"""
        select p.tablename || ': ' || p.policyname
        from pg_policies as p cross join lateral (values (p.qual), (p.with_check)) as e (expression)
        where (p.schemaname in ('public', 'importer') or p.policyname like 'import-jobs:%')
          and regexp_replace(
            e.expression, '\( ?select (auth\.\w+|current_setting)\([^()]*\) as \w+\)', '', 'gi'
          ) ~ '(auth\.\w+|current_setting)\('
        """,
        """
        create policy each_row on public.import_job_events for delete to authenticated
        using (job_id = auth.uid() and (select auth.uid()) is not null)
        """,
        "import_job_events: each_row",
    ),
    "two permissive policies for one role and action": Condition(
        """
        select distinct tablename || ': ' || least(one.policyname, other.policyname)
        from pg_policies as one inner join pg_policies as other using (schemaname, tablename)
        where one.policyname <> other.policyname and schemaname in ('public', 'importer')
          and one.permissive = 'PERMISSIVE' and other.permissive = 'PERMISSIVE'
          and (one.cmd = other.cmd or 'ALL' in (one.cmd, other.cmd))
          and (one.roles && other.roles or 'public' = any (one.roles || other.roles))
        """,
        "create policy a_second on public.import_job_events for all to public using (id = 0)",
        "import_job_events: a_second",
    ),
    "policy that lets everything be written": Condition(
        """
        select p.tablename || ': ' || p.policyname from pg_policies as p
        where p.schemaname in ('public', 'importer') and p.permissive = 'PERMISSIVE' and p.cmd <> 'SELECT'
          and 'true' in (p.qual, p.with_check)
        """,
        "create policy anything on public.import_job_events for insert to authenticated with check (true)",
        "import_job_events: anything",
    ),
    "foreign key without a covering index": Condition(
        f"""
        select k.conrelid::regclass || ': ' || k.conname from pg_constraint as k
        where k.connamespace {OURS} and k.contype = 'f' and not exists (
          select from pg_index as i
          where i.indrelid = k.conrelid and i.indisvalid and i.indpred is null
            and (i.indkey::smallint[])[0 : cardinality(k.conkey) - 1] @> k.conkey
        )
        """,
        "create table importer.far (id uuid primary key, job uuid references public.import_jobs (id))",
        "importer.far: far_job_fkey",
    ),
    "two indexes that are the same": Condition(
        f"""
        select min(i.indexrelid::regclass::text) from pg_index as i inner join pg_class as c on c.oid = i.indrelid
        where c.relnamespace {OURS}
        group by i.indrelid, i.indkey, i.indclass, i.indoption, i.indpred::text, i.indexprs::text having count(*) > 1
        """,
        "create index again on importer.job_leases (job_id)",
        "importer.again",
    ),
    "view with its owner's rights": Condition(
        f"""
        select c.oid::regclass::text from pg_class as c
        where c.relnamespace {OURS} and c.relkind = 'v'
          and not coalesce('security_invoker=true' = any (c.reloptions), false)
          and not coalesce('security_invoker=on' = any (c.reloptions), false)
        """,
        "create view public.all_jobs as select * from public.import_jobs",
        "all_jobs",
    ),
    "materialized view or foreign table in an exposed schema": Condition(
        """
        select c.oid::regclass::text from pg_class as c
        where c.relnamespace = 'public'::regnamespace and c.relkind in ('m', 'f')
        """,
        "create materialized view public.old_jobs as select * from public.import_jobs",
        "old_jobs",
    ),
    "extension in an exposed schema": Condition(
        "select e.extname from pg_extension as e where e.extnamespace = 'public'::regnamespace",
        "create extension citext schema public",
        "citext",
    ),
}


@pytest.fixture(scope="module")
def at_work(cluster: Cluster) -> Iterator[psycopg.Connection]:
    """Yield a database in which a job is running, with the tables that were created for it."""
    with contextmanager(cluster.clone)("closed") as db:
        use_everything(db)
        with db.connect() as conn:
            yield conn


def findings(conn: psycopg.Connection, condition: Condition) -> list[str]:
    return sorted(name for (name,) in conn.execute(condition.query))


@pytest.mark.parametrize("name", CONDITIONS)
def test_catalog_has_no(catalog: psycopg.Connection, name: str) -> None:
    assert findings(catalog, CONDITIONS[name]) == []


@pytest.mark.parametrize("name", CONDITIONS)
def test_query_finds_a_planted(catalog: psycopg.Connection, name: str) -> None:
    condition = CONDITIONS[name]
    with catalog.transaction(force_rollback=True):
        catalog.execute(condition.planted)
        assert condition.name in findings(catalog, condition)


@pytest.mark.parametrize("name", CONDITIONS)
def test_tables_of_a_job_have_no(at_work: psycopg.Connection, name: str) -> None:
    made = at_work.execute(
        "select relname from pg_class where relname ~ '^(staging|keys)_' and relkind = 'r'"
    ).fetchall()
    assert len(made) == 2
    assert findings(at_work, CONDITIONS[name]) == []
