"""Rules that hold for all our tables, checked in the catalog."""

import re

import psycopg

OURS = "c.relnamespace in ('public'::regnamespace, 'importer'::regnamespace) and c.relkind in ('r', 'p')"


def names(catalog: psycopg.Connection, query: str) -> list[str]:
    return sorted(name for (name,) in catalog.execute(query))


def tables(catalog: psycopg.Connection, condition: str) -> list[str]:
    return names(catalog, f"select c.oid::regclass::text from pg_class as c where {OURS} and {condition}")


def test_there_are_no_other_tables(catalog: psycopg.Connection) -> None:
    assert tables(catalog, "true") == [
        "import_folders",
        "import_job_errors",
        "import_job_events",
        "import_jobs",
        "import_mappings",
        "import_targets",
        "importer.broadcasts",
        "importer.job_chunks",
        "importer.job_identities",
        "importer.job_leases",
        "importer.job_rejections",
        "importer.lost_attempts",
        "importer.migrations",
        "importer.owner_changes",
        "importer.processors",
        "importer.queue_pause",
        "importer.rings",
        "importer.settings",
        "importer.target_tables",
        "importer.undo_requests",
        "importer.uploads",
        "importer.waiting_records",
    ]


def test_every_table_has_a_comment(catalog: psycopg.Connection) -> None:
    assert tables(catalog, "obj_description(c.oid, 'pg_class') is null") == []


def test_every_column_has_a_comment(catalog: psycopg.Connection) -> None:
    query = f"""
    select c.oid::regclass || '.' || a.attname
    from pg_class as c inner join pg_attribute as a on a.attrelid = c.oid
    where {OURS} and a.attnum > 0 and not a.attisdropped and col_description(c.oid, a.attnum) is null
    """
    assert names(catalog, query) == []


def test_every_type_and_schema_of_ours_has_a_comment(catalog: psycopg.Connection) -> None:
    query = """
    select t.oid::regtype::text from pg_type as t
    where t.typnamespace in ('public'::regnamespace, 'importer'::regnamespace) and t.typtype in ('e', 'd')
      and obj_description(t.oid, 'pg_type') is null
    union all
    select n.nspname from pg_namespace as n
    where n.nspname = 'importer' and obj_description(n.oid, 'pg_namespace') is null
    """
    assert names(catalog, query) == []


def test_every_table_has_a_primary_key(catalog: psycopg.Connection) -> None:
    primary = "exists (select from pg_constraint as k where k.conrelid = c.oid and k.contype = 'p')"
    assert tables(catalog, f"not {primary}") == []


def test_every_public_table_has_row_security(catalog: psycopg.Connection) -> None:
    assert tables(catalog, "c.relnamespace = 'public'::regnamespace and not c.relrowsecurity") == []


def test_no_row_security_without_a_policy(catalog: psycopg.Connection) -> None:
    policy = "exists (select from pg_policy as p where p.polrelid = c.oid)"
    assert tables(catalog, f"c.relrowsecurity and not {policy}") == []


def test_every_foreign_key_has_a_covering_index(catalog: psycopg.Connection) -> None:
    query = f"""
    select k.conname from pg_constraint as k inner join pg_class as c on c.oid = k.conrelid
    where {OURS} and k.contype = 'f' and not exists (
      select from pg_index as i
      where i.indrelid = k.conrelid and i.indpred is null
        and (i.indkey::smallint[])[0 : cardinality(k.conkey) - 1] @> k.conkey
    )
    """
    assert names(catalog, query) == []


def test_missing_index_would_be_found(catalog: psycopg.Connection) -> None:
    with catalog.transaction(force_rollback=True):
        catalog.execute("drop index public.import_job_events_job")
        query = """
        select k.conname from pg_constraint as k
        where k.contype = 'f' and k.conrelid = 'public.import_job_events'::regclass and not exists (
          select from pg_index as i
          where i.indrelid = k.conrelid and (i.indkey::smallint[])[0 : cardinality(k.conkey) - 1] @> k.conkey
        )
        """
        assert names(catalog, query) == ["import_job_events_job_id_fkey"]


def policies(catalog: psycopg.Connection) -> list[tuple[str, str]]:
    """Return the names and expressions of our policies, including those on storage.objects."""
    return catalog.execute(
        "select policyname, coalesce(qual, '') || ' ' || coalesce(with_check, '') from pg_policies"
        " where schemaname in ('public', 'importer') or policyname like 'import-jobs:%'"
    ).fetchall()


def test_policies_evaluate_auth_functions_once_per_statement(catalog: psycopg.Connection) -> None:
    """Postgres evaluates `(select auth.uid())` once for a statement, but a bare `auth.uid()` once for each row."""
    once = re.compile(r"\( SELECT auth\.(uid|jwt)\(\) AS \1\)")
    bare = [name for name, text in policies(catalog) if "auth." in once.sub("", text)]
    assert bare == []
    assert any("( SELECT auth.uid() AS uid)" in text for _, text in policies(catalog))


def test_policies_are_for_named_roles(catalog: psycopg.Connection) -> None:
    query = "select policyname from pg_policies where schemaname = 'public' and roles && '{public,anon}'::name[]"
    assert names(catalog, query) == []


def test_at_most_one_permissive_policy_for_a_role_and_an_action(catalog: psycopg.Connection) -> None:
    query = """
    select tablename || ' ' || cmd from pg_policies where schemaname = 'public' and permissive = 'PERMISSIVE'
    group by tablename, cmd, roles having count(*) > 1
    """
    assert names(catalog, query) == []


def test_nothing_is_granted_to_public_or_anon(catalog: psycopg.Connection) -> None:
    query = f"""
    select c.oid::regclass::text from pg_class as c cross join lateral aclexplode(c.relacl) as g
    where {OURS} and g.grantee in (0, 'anon'::regrole)
    """
    assert names(catalog, query) == []


def test_role_that_writes_as_users_has_no_table_and_no_attribute(catalog: psycopg.Connection) -> None:
    """Its only membership is the one in authenticated, whose rights it has after `set role` alone."""
    tables_of_uploader = catalog.execute(
        "select c.oid::regclass::text from pg_class as c inner join pg_namespace as n on n.oid = c.relnamespace"
        " where n.nspname in ('public', 'importer', 'storage', 'auth') and c.relkind in ('r', 'p', 'v', 'm', 'S')"
        " and case c.relkind when 'S' then has_sequence_privilege('import_uploader', c.oid, 'usage,select,update')"
        " else has_any_column_privilege('import_uploader', c.oid, 'select,insert,update,references')"
        " or has_table_privilege('import_uploader', c.oid, 'delete,truncate,trigger') end"
    ).fetchall()
    assert tables_of_uploader == []
    assert (
        catalog.execute(
            "select rolsuper, rolinherit, rolcreaterole, rolcreatedb, rolreplication, rolbypassrls from pg_roles"
            " where rolname = 'import_uploader'"
        ).fetchone()
        == (False,) * 6
    )
    assert catalog.execute(
        "select roleid::regrole::text, admin_option from pg_auth_members where member = 'import_uploader'::regrole"
    ).fetchall() == [("authenticated", False)]
    assert catalog.execute("select count(*) from pg_class where relowner = 'import_uploader'::regrole").fetchone() == (
        0,
    )
