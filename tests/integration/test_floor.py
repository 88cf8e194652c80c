"""The floor: what a migration and a client find in a new project."""

from __future__ import annotations

from uuid import uuid4

import psycopg
import pytest
from psycopg import sql


def test_administrator_owns_the_database_without_being_superuser(db):
    with db.connect() as conn:
        row = conn.execute(
            """
            select r.rolsuper, r.rolcreatedb, r.rolcreaterole, r.rolreplication, r.rolbypassrls,
              pg_get_userbyid(d.datdba)
            from pg_roles r, pg_database d
            where r.rolname = current_user and d.datname = current_database()
            """
        ).fetchone()
    assert row == (False, True, True, True, True, "postgres")


def test_claims_name_the_caller(db):
    user = uuid4()
    with db.connect("authenticated", {"sub": str(user), "email": "ana@example.com"}) as conn:
        row = conn.execute("select current_user, auth.uid(), auth.role(), auth.jwt() ->> 'email'").fetchone()
    assert row == ("authenticated", user, "authenticated", "ana@example.com")


def test_without_claims_there_is_no_caller(db):
    with db.connect() as conn:
        assert conn.execute("select auth.uid(), auth.role(), auth.jwt()").fetchone() == (None, None, None)
        conn.execute("select set_config('request.jwt.claims', '', false)")
        assert conn.execute("select auth.uid(), auth.role(), auth.jwt()").fetchone() == (None, None, None)


def test_administrator_makes_policies_on_storage_objects(db):
    with db.connect() as conn:
        conn.execute("create policy try on storage.objects for select to authenticated using (true)")
        assert conn.execute("select count(*) from pg_policies where policyname = 'try'").fetchone() == (1,)


def test_new_tables_get_no_grants(db):
    with db.connect() as conn:
        conn.execute("create table public.plain (id int)")
    with db.connect("anon") as conn, pytest.raises(psycopg.errors.InsufficientPrivilege):
        conn.execute("select from public.plain")


def test_new_tables_of_older_projects_are_open(open_db):
    with open_db.connect() as conn:
        conn.execute("create table public.plain (id int)")
    with open_db.connect("anon") as conn:
        assert conn.execute("select * from public.plain").fetchall() == []


@pytest.mark.parametrize("role", ["anon", "authenticated", "service_role"])
def test_administrator_passes_api_roles_on(db, role):
    with db.connect() as conn:
        conn.execute("create role floor_guest")
        try:
            conn.execute(sql.SQL("grant {} to floor_guest").format(sql.Identifier(role)))
        finally:
            conn.execute("drop role floor_guest")
