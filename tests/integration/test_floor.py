"""The floor has the roles, schemas and grants of a new Supabase project."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql

from tests.conftest import Cluster, Database


@pytest.fixture(scope="module")
def closed_db(cluster: Cluster) -> Iterator[Database]:
    """A migrated database for all tests of the file."""
    with contextmanager(cluster.clone)("closed") as database:
        yield database


def test_administrator_owns_the_database_without_being_superuser(closed_db):
    with closed_db.connect() as conn:
        row = conn.execute(
            """
            select r.rolsuper, r.rolcreatedb, r.rolcreaterole, r.rolreplication, r.rolbypassrls,
              pg_get_userbyid(d.datdba)
            from pg_roles r, pg_database d
            where r.rolname = current_user and d.datname = current_database()
            """
        ).fetchone()
    assert row == (False, True, True, True, True, "postgres")


def test_claims_name_the_caller(closed_db):
    user = uuid4()
    with closed_db.connect("authenticated", {"sub": str(user), "email": "ana@example.com"}) as conn:
        row = conn.execute("select current_user, auth.uid(), auth.role(), auth.jwt() ->> 'email'").fetchone()
    assert row == ("authenticated", user, "authenticated", "ana@example.com")


def test_without_claims_there_is_no_caller(closed_db):
    with closed_db.connect() as conn:
        assert conn.execute("select auth.uid(), auth.role(), auth.jwt()").fetchone() == (None, None, None)
        conn.execute("select set_config('request.jwt.claims', '', false)")
        assert conn.execute("select auth.uid(), auth.role(), auth.jwt()").fetchone() == (None, None, None)


def test_administrator_may_create_policies_on_storage_objects(closed_db):
    with closed_db.connect() as conn:
        conn.execute("create policy try on storage.objects for select to authenticated using (true)")
        assert conn.execute("select count(*) from pg_policies where policyname = 'try'").fetchone() == (1,)


def test_new_tables_get_no_grants(closed_db):
    with closed_db.connect() as conn:
        conn.execute("create table public.plain (id int)")
    with closed_db.connect("anon") as conn, pytest.raises(psycopg.errors.InsufficientPrivilege):
        conn.execute("select from public.plain")


def test_new_tables_of_older_projects_are_granted_to_api_roles(open_db):
    with open_db.connect() as conn:
        conn.execute("create table public.plain (id int)")
    with open_db.connect("anon") as conn:
        assert conn.execute("select * from public.plain").fetchall() == []


@pytest.mark.parametrize("role", ["anon", "authenticated", "service_role"])
def test_administrator_may_grant_api_roles(closed_db, role):
    with closed_db.connect() as conn:
        conn.execute("create role floor_guest")
        try:
            conn.execute(sql.SQL("grant {} to floor_guest").format(sql.Identifier(role)))
        finally:
            conn.execute("drop role floor_guest")
