"""Rules that hold for all our functions, checked in the catalog."""

import psycopg
import pytest

from tests.conftest import Database

OURS = "p.pronamespace in ('public'::regnamespace, 'importer'::regnamespace)"
API_ROLES = ("anon", "authenticated", "service_role")
# The functions that each role may execute; the comment of the function gives the reason.
EXECUTABLE = {
    "anon": set(),
    "authenticated": {
        "importer.first_visible_owner",
        "importer.import_queue",
        "importer.import_queue_health",
        "importer.last_visible_owner",
        "importer.queue_place",
        "public.cancel_import_job",
        "public.create_import_job",
        "public.execute_import_job",
        "public.import_job_statistics",
        "public.import_queue",
        "public.import_queue_health",
        "public.list_import_jobs",
        "public.retry_import_job",
        "public.undo_import_job",
    },
    "service_role": {
        "importer.import_queue",
        "importer.import_queue_health",
        "importer.queue_place",
        "public.cancel_import_job",
        "public.create_import_job",
        "public.execute_import_job",
        "public.import_job_statistics",
        "public.import_queue",
        "public.import_queue_health",
        "public.list_import_jobs",
        "public.retry_import_job",
        "public.undo_import_job",
    },
    "import_processor": {
        "importer.begin_undo",
        "importer.check_admission",
        "importer.claim_file",
        "importer.claim_inspections",
        "importer.claim_jobs",
        "importer.claim_undos",
        "importer.commit_chunk",
        "importer.drop_staging_table",
        "importer.end_former_sessions",
        "importer.expected_digest",
        "importer.fail_job",
        "importer.fail_undo",
        "importer.finish_inspection",
        "importer.finish_job",
        "importer.finish_undo",
        "importer.hold_session",
        "importer.hold_target",
        "importer.invalid_values",
        "importer.keep_figures",
        "importer.keep_preview",
        "importer.keep_replaced_rows",
        "importer.read_rejections",
        "importer.open_job",
        "importer.postpone_job",
        "importer.prepare_key_table",
        "importer.prepare_staging_table",
        "importer.reject_staged_rows",
        "importer.release_job",
        "importer.remembered_mapping",
        "importer.renew_lease",
        "importer.report_processor",
        "importer.restore_attempt",
        "importer.skip_duplicate",
        "importer.skip_staged_rows",
        "importer.source_deleted",
        "importer.sources_to_delete",
        "importer.sweep_import_jobs",
        "importer.take_back_lost_jobs",
        "importer.typed_values",
        "importer.wake_token",
    },
}
# The sessions that write as users have the functions that demand the token of a lease or of an undo. invalid_values()
# and typed_values() do not; they execute casts with the rights of their caller.
EXECUTABLE["import_uploader"] = {
    f"importer.{name}"
    for name in (
        "begin_undo",
        "check_admission",
        "claim_file",
        "commit_chunk",
        "drop_staging_table",
        "end_former_sessions",
        "expected_digest",
        "finish_inspection",
        "finish_job",
        "finish_undo",
        "hold_target",
        "invalid_values",
        "keep_figures",
        "keep_preview",
        "keep_replaced_rows",
        "lend_staging_table",
        "open_job",
        "read_rejections",
        "remembered_mapping",
        "renew_lease",
        "skip_duplicate",
        "skip_staged_rows",
        "typed_values",
    )
}
# The function in public calls the one in importer.
for role in ("authenticated", "service_role"):
    EXECUTABLE[role] |= {"importer.check_planned_import", "public.check_planned_import"}
# All SECURITY DEFINER functions, so that a review sees a new one.
DEFINERS = {
    "begin_undo",
    "broadcast_progress",
    "check_admission",
    "check_import_folder",
    "check_import_job",
    "check_import_job_origin",
    "check_import_job_retry",
    "check_import_job_retry_undo",
    "check_lease",
    "check_owner",
    "check_planned_import",
    "check_token",
    "claim_file",
    "claim_inspections",
    "claim_jobs",
    "claim_undos",
    "commit_chunk",
    "condition_holds",
    "count_rejections_by_code",
    "describe_target",
    "drop_job_tables",
    "drop_staging_table",
    "expected_digest",
    "fail_job",
    "fail_undo",
    "finish_inspection",
    "finish_job",
    "finish_undo",
    "first_visible_owner",
    "follow_import_job",
    "follow_upload",
    "forget_processors",
    "forget_samples",
    "hold_target",
    "import_queue",
    "import_queue_health",
    "is_supervisor",
    "keep_figures",
    "keep_preview",
    "keep_rejections",
    "keep_replaced_rows",
    "last_visible_owner",
    "lend_staging_table",
    "limit_import_inspections",
    "limit_import_job_changes",
    "limit_import_jobs",
    "list_rejections",
    "queue_place",
    "read_rejections",
    "may_import_into",
    "notify_process_import_jobs_async",
    "notify_processors",
    "open_job",
    "open_rings",
    "postpone_job",
    "prepare_key_table",
    "prepare_staging_table",
    "reject_staged_rows",
    "release_job",
    "remember_mapping",
    "remembered_mapping",
    "renew_lease",
    "report_processor",
    "request_undo",
    "restore_attempt",
    "ring_is_unanswered",
    "ring_processor",
    "ring_timeout",
    "setting",
    "setting_number",
    "skip_duplicate",
    "skip_staged_rows",
    "source_deleted",
    "sources_to_delete",
    "sweep_import_jobs",
    "take_back_lost_jobs",
    "trigger_import_job_processing",
    "wake_token",
    "yield_upload",
}


def functions(catalog: psycopg.Connection, condition: str) -> set[str]:
    """Return our functions that satisfy the condition, without those of extensions."""
    rows = catalog.execute(
        "select p.pronamespace::regnamespace || '.' || p.proname from pg_proc as p where "
        + OURS
        + " and not exists (select from pg_depend as d where d.objid = p.oid and d.deptype = 'e') and "
        + condition
    )
    return {name for (name,) in rows}


def test_there_are_functions_to_check(catalog: psycopg.Connection) -> None:
    assert {"importer.claim_jobs", "public.cancel_import_job"} <= functions(catalog, "true")


def test_search_path_is_pg_catalog_and_pg_temp_last(catalog: psycopg.Connection) -> None:
    """Postgres looks in pg_temp first, for types as well, unless the search path names it."""
    assert functions(catalog, "not coalesce('search_path=pg_catalog, pg_temp' = any (p.proconfig), false)") == set()


def test_every_function_has_a_comment(catalog: psycopg.Connection) -> None:
    assert functions(catalog, "obj_description(p.oid, 'pg_proc') is null") == set()


def test_security_definer_is_in_importer_only(catalog: psycopg.Connection) -> None:
    assert functions(catalog, "p.prosecdef") == {f"importer.{name}" for name in DEFINERS}


@pytest.mark.parametrize("role", EXECUTABLE)
def test_role_may_execute_these_functions_only(catalog: psycopg.Connection, role: str) -> None:
    assert functions(catalog, f"has_function_privilege('{role}', p.oid, 'execute')") == EXECUTABLE[role]


def test_function_granted_to_everybody_would_be_found(catalog: psycopg.Connection) -> None:
    with catalog.transaction(force_rollback=True):
        catalog.execute("create function importer.open_door() returns void language sql as 'select'")
        assert "importer.open_door" in functions(catalog, "has_function_privilege('anon', p.oid, 'execute')")
        assert "importer.open_door" in functions(catalog, "p.proconfig is null")


@pytest.mark.parametrize("role", API_ROLES)
def test_clients_may_not_use_schema_importer(catalog: psycopg.Connection, role: str) -> None:
    assert catalog.execute("select has_schema_privilege(%s, 'importer', 'usage, create')", [role]).fetchone() == (
        False,
    )


def test_processor_may_create_nothing(catalog: psycopg.Connection) -> None:
    rights = catalog.execute(
        "select has_schema_privilege('import_processor', 'importer', 'create'),"
        " has_schema_privilege('import_processor', 'public', 'create')"
    ).fetchone()
    assert rights == (False, False)


def test_every_function_is_owned_by_the_migrating_role(catalog: psycopg.Connection) -> None:
    assert functions(catalog, "p.proowner <> 'postgres'::regrole") == set()


def test_every_function_body_was_parsed(migrated: Database, catalog: psycopg.Connection) -> None:
    """Use plpgsql_check if the server has it, else `create function`, which parses the body.

    `supabase db lint` is plpgsql_check; only Debian's PostgreSQL 15 has it here. What it says of our functions does not
    depend on the version, since they use nothing that one of the versions lacks except by a name in a variable.
    """
    if catalog.execute("select from pg_available_extensions where name = 'plpgsql_check'").fetchone():
        with migrated.connect("supabase_admin") as superuser:
            assert plpgsql_findings(superuser) == []
        return
    assert catalog.execute("show check_function_bodies").fetchone() == ("on",)
    definitions = catalog.execute(
        f"select pg_get_functiondef(p.oid) from pg_proc as p where {OURS} and p.prokind = 'f'"
    ).fetchall()
    assert len(definitions) >= len(DEFINERS)
    with catalog.transaction(force_rollback=True):
        for (definition,) in definitions:
            catalog.execute(definition)


def plpgsql_findings(superuser: psycopg.Connection) -> list[tuple[str, str]]:
    """Return the errors and warnings of plpgsql_check; a trigger function is checked with its table."""
    with superuser.transaction(force_rollback=True):
        superuser.execute("create extension plpgsql_check with schema extensions")
        return superuser.execute(
            "select p.proname, c.message from pg_proc as p"
            " inner join pg_language as l on l.oid = p.prolang and l.lanname = 'plpgsql'"
            " left join lateral (select tgrelid, tgoldtable, tgnewtable from pg_trigger"
            " where tgfoid = p.oid and not tgisinternal order by tgoldtable nulls last limit 1) as t on true"
            " cross join lateral extensions.plpgsql_check_function_tb("
            "funcoid => p.oid, relid => coalesce(t.tgrelid, 0)::regclass,"
            " oldtable => t.tgoldtable, newtable => t.tgnewtable) as c"
            f" where {OURS} and c.level = any ('{{error,warning,warning extra}}')"
        ).fetchall()


CARELESS = """
create function importer.careless() returns jsonb language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  value jsonb := '{}';
begin
  return value;
end
$$
"""


def test_plpgsql_check_would_find_a_broken_body(migrated: Database, catalog: psycopg.Connection) -> None:
    broken = (
        "create function importer.broken() returns void language plpgsql as 'begin perform nothing from nowhere; end'"
    )
    if catalog.execute("select from pg_available_extensions where name = 'plpgsql_check'").fetchone():
        with migrated.connect("supabase_admin") as superuser, superuser.transaction(force_rollback=True):
            superuser.execute(broken)
            assert [name for name, _ in plpgsql_findings(superuser)] == ["broken"]
            superuser.execute(CARELESS)
            assert {name for name, _ in plpgsql_findings(superuser)} == {"broken", "careless"}
    else:
        with catalog.transaction(force_rollback=True), pytest.raises(psycopg.errors.SyntaxError):
            catalog.execute(broken.replace("perform nothing", "performs"))
