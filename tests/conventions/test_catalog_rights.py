"""The rights that roles have on our functions and in our schemas, checked in the catalog."""

import psycopg
import pytest

from tests.conventions.catalog_functions import functions

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
        "importer.column_defaults",
        "importer.commit_chunk",
        "importer.commit_file",
        "importer.doctor",
        "importer.drop_staging_table",
        "importer.end_former_sessions",
        "importer.failing_generated_columns",
        "importer.fail_job",
        "importer.fail_undo",
        "importer.finish_inspection",
        "importer.finish_job",
        "importer.finish_undo",
        "importer.hold_session",
        "importer.hold_target",
        "importer.import_queue",
        "importer.import_queue_health",
        "importer.invalid_values",
        "importer.keep_figures",
        "importer.keep_preview",
        "importer.keep_replaced_rows",
        "importer.keep_loadable_rows",
        "importer.keep_waiting",
        "importer.parents_in_stage",
        "importer.self_references",
        "importer.send_test_ring",
        "importer.settle_waiting",
        "importer.waiting_chunks",
        "importer.read_rejected_chunks",
        "importer.read_rejections",
        "importer.next_ids",
        "importer.open_job",
        "importer.prepare_default",
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
        "importer.test_ring_result",
        "importer.typed_values",
        "importer.wake_token",
        "importer.table_rules",
        "importer.rows_before_their_parent",
        "importer.rules_of_modes",
        "importer.rows_that_meet",
        "importer.rows_with_key_of_another",
        "importer.rows_with_taken_key",
        "importer.rows_without_parent",
        "importer.write_accepted_rows",
        "importer.work_is_left",
    },
}
# The sessions that write as users have the functions that demand the token of a lease or of an undo. invalid_values()
# and typed_values() do not; they execute casts with the rights of their caller, as write_accepted_rows() writes.
EXECUTABLE["import_uploader"] = {
    f"importer.{name}"
    for name in (
        "begin_undo",
        "check_admission",
        "claim_file",
        "column_defaults",
        "commit_chunk",
        "commit_file",
        "drop_staging_table",
        "end_former_sessions",
        "failing_generated_columns",
        "finish_inspection",
        "finish_job",
        "finish_undo",
        "hold_target",
        "invalid_values",
        "keep_figures",
        "keep_preview",
        "keep_replaced_rows",
        "keep_loadable_rows",
        "keep_waiting",
        "parents_in_stage",
        "self_references",
        "settle_waiting",
        "waiting_chunks",
        "lend_staging_table",
        "next_ids",
        "open_job",
        "prepare_default",
        "read_rejected_chunks",
        "read_rejections",
        "remembered_mapping",
        "renew_lease",
        "skip_duplicate",
        "skip_staged_rows",
        "typed_values",
        "table_rules",
        "rows_before_their_parent",
        "rules_of_modes",
        "rows_that_meet",
        "rows_with_key_of_another",
        "rows_with_taken_key",
        "rows_without_parent",
        "write_accepted_rows",
    )
}
# The functions in public call those in importer.
for role in ("authenticated", "service_role"):
    EXECUTABLE[role] |= {
        "importer.check_planned_import",
        "public.check_planned_import",
        "importer.doctor",
        "public.import_doctor",
        "importer.list_import_targets",
        "public.list_import_targets",
    }


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
