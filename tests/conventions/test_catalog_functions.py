"""Rules that hold for all our functions, checked in the catalog."""

import psycopg
import pytest

from tests.conftest import Database
from tests.conventions.catalog_functions import OURS, functions

# All SECURITY DEFINER functions, so that a review sees a new one.
DEFINERS = {
    "advance_sequences_of_interrupted_job",
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
    "column_defaults",
    "commit_chunk",
    "commit_file",
    "condition_holds",
    "count_rejections_by_code",
    "describe_target",
    "doctor",
    "drop_job_tables",
    "drop_staging_table",
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
    "is_paused",
    "is_supervisor",
    "keep_figures",
    "keep_preview",
    "keep_rejections",
    "keep_replaced_rows",
    "keep_waiting",
    "self_references",
    "send_test_ring",
    "settle_waiting",
    "waiting_chunks",
    "last_visible_owner",
    "lend_staging_table",
    "list_import_targets",
    "limit_import_inspections",
    "limit_import_job_changes",
    "limit_import_jobs",
    "list_rejections",
    "next_ids",
    "queue_place",
    "read_rejected_chunks",
    "read_rejections",
    "may_import_into",
    "notify_process_import_jobs_async",
    "notify_processors",
    "open_job",
    "open_rings",
    "postpone_job",
    "prepare_default",
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
    "rows_before_their_parent",
    "rows_that_meet",
    "rows_with_key_of_another",
    "rows_with_taken_key",
    "rows_without_parent",
    "rules_of_modes",
    "setting",
    "setting_number",
    "skip_duplicate",
    "skip_staged_rows",
    "source_deleted",
    "sources_to_delete",
    "sweep_import_jobs",
    "table_rules",
    "take_back_lost_jobs",
    "test_ring_result",
    "trigger_import_job_processing",
    "wake_token",
    "work_is_left",
    "yield_upload",
}


def test_there_are_functions_to_check(catalog: psycopg.Connection) -> None:
    assert {"importer.claim_jobs", "public.cancel_import_job"} <= functions(catalog, "true")


def test_search_path_is_pg_catalog_and_pg_temp_last(catalog: psycopg.Connection) -> None:
    """Postgres looks in pg_temp first, for types as well, unless the search path names it."""
    assert functions(catalog, "not coalesce('search_path=pg_catalog, pg_temp' = any (p.proconfig), false)") == set()


def test_every_function_has_a_comment(catalog: psycopg.Connection) -> None:
    assert functions(catalog, "obj_description(p.oid, 'pg_proc') is null") == set()


def test_security_definer_is_in_importer_only(catalog: psycopg.Connection) -> None:
    assert functions(catalog, "p.prosecdef") == {f"importer.{name}" for name in DEFINERS}


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
