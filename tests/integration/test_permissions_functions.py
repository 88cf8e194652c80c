"""Who may execute each function, for both default grants of projects: a table as specification.

A cell is `yes` or `-` (not permitted). Each function is called with nulls; an error of the function itself is ignored.
"""

from collections.abc import Iterator

import psycopg
import pytest
from psycopg import sql

from tests.conftest import Cluster
from tests.integration.permissions_harness import ROLES, People, parsed, people

MATRIX = parsed("""
function                                  | owner | other | anon | service_role | import_processor | postgres
importer.advance_sequences                | -     | -     | -    | -            | -                | yes
importer.advance_sequences_of             | -     | -     | -    | -            | -                | yes
importer.advance_sequences_of_interrupted_job | -  | -     | -    | -            | -                | yes
importer.backoff                          | -     | -     | -    | -            | -                | yes
importer.base_columns                     | -     | -     | -    | -            | -                | yes
importer.base_type                        | -     | -     | -    | -            | -                | yes
importer.begin_undo                       | -     | -     | -    | -            | yes              | yes
importer.broadcast_progress               | -     | -     | -    | -            | -                | yes
importer.check_admission                  | -     | -     | -    | -            | yes              | yes
importer.check_import_folder              | -     | -     | -    | -            | -                | yes
importer.check_import_job                 | -     | -     | -    | -            | -                | yes
importer.check_import_job_origin          | -     | -     | -    | -            | -                | yes
importer.check_import_job_retry           | -     | -     | -    | -            | -                | yes
importer.check_import_job_retry_options   | -     | -     | -    | -            | -                | yes
importer.check_import_options             | -     | -     | -    | -            | -                | yes
importer.check_import_job_digest          | -     | -     | -    | -            | -                | yes
importer.check_import_job_inspection      | -     | -     | -    | -            | -                | yes
importer.check_import_job_retry_undo      | -     | -     | -    | -            | -                | yes
importer.check_import_target              | -     | -     | -    | -            | -                | yes
importer.check_lease                      | -     | -     | -    | -            | -                | yes
importer.check_owner                      | -     | -     | -    | -            | -                | yes
importer.check_planned_import             | -     | -     | -    | -            | -                | yes
importer.check_quota                      | -     | -     | -    | -            | -                | yes
importer.check_token                      | -     | -     | -    | -            | -                | yes
importer.check_upload                     | -     | -     | -    | -            | -                | yes
importer.claim_file                       | -     | -     | -    | -            | yes              | yes
importer.claim_jobs                       | -     | -     | -    | -            | yes              | yes
importer.check_setting                    | -     | -     | -    | -            | -                | yes
importer.claim_inspections                | -     | -     | -    | -            | yes              | yes
importer.claim_undos                      | -     | -     | -    | -            | yes              | yes
importer.column_defaults                  | -     | -     | -    | -            | yes              | yes
importer.columns_for_clients              | -     | -     | -    | -            | -                | yes
importer.commit_chunk                     | -     | -     | -    | -            | yes              | yes
importer.commit_file                      | -     | -     | -    | -            | yes              | yes
importer.condition_holds                  | -     | -     | -    | -            | -                | yes
importer.configure                        | -     | -     | -    | -            | -                | yes
importer.count_rejections_by_code         | -     | -     | -    | -            | -                | yes
importer.count_rows_of_job                | -     | -     | -    | -            | -                | yes
importer.create_job_table                 | -     | -     | -    | -            | -                | yes
importer.current_identity                 | -     | -     | -    | -            | -                | yes
importer.declared_columns                 | -     | -     | -    | -            | -                | yes
importer.dependent_objects                | -     | -     | -    | -            | -                | yes
importer.describe_target                  | -     | -     | -    | -            | -                | yes
importer.doctor                           | -     | -     | -    | -            | yes              | yes
importer.doctor_bloat                     | -     | -     | -    | -            | -                | yes
importer.doctor_bucket                    | -     | -     | -    | -            | -                | yes
importer.doctor_bucket_policies           | -     | -     | -    | -            | -                | yes
importer.doctor_checks                    | -     | -     | -    | -            | -                | yes
importer.doctor_connections               | -     | -     | -    | -            | -                | yes
importer.doctor_definers                  | -     | -     | -    | -            | -                | yes
importer.doctor_leases                    | -     | -     | -    | -            | -                | yes
importer.doctor_listener                  | -     | -     | -    | -            | -                | yes
importer.doctor_open_functions            | -     | -     | -    | -            | -                | yes
importer.doctor_pause                     | -     | -     | -    | -            | -                | yes
importer.doctor_pg_net                    | -     | -     | -    | -            | -                | yes
importer.doctor_pg_net_worker             | -     | -     | -    | -            | -                | yes
importer.doctor_processor                 | -     | -     | -    | -            | -                | yes
importer.doctor_processor_rights          | -     | -     | -    | -            | -                | yes
importer.doctor_processor_url             | -     | -     | -    | -            | -                | yes
importer.doctor_read_only                 | -     | -     | -    | -            | -                | yes
importer.doctor_realtime                  | -     | -     | -    | -            | -                | yes
importer.doctor_rings                     | -     | -     | -    | -            | -                | yes
importer.doctor_row_security              | -     | -     | -    | -            | -                | yes
importer.doctor_search_paths              | -     | -     | -    | -            | -                | yes
importer.doctor_sweep                     | -     | -     | -    | -            | -                | yes
importer.doctor_target_rights             | -     | -     | -    | -            | -                | yes
importer.doctor_targets                   | -     | -     | -    | -            | -                | yes
importer.doctor_time_outs                 | -     | -     | -    | -            | -                | yes
importer.doctor_triggers                  | -     | -     | -    | -            | -                | yes
importer.doctor_upload_trigger            | -     | -     | -    | -            | -                | yes
importer.doctor_wake_token                | -     | -     | -    | -            | -                | yes
importer.drop_job_tables                  | -     | -     | -    | -            | -                | yes
importer.drop_staging_table               | -     | -     | -    | -            | yes              | yes
importer.end_former_sessions              | -     | -     | -    | -            | yes              | yes
importer.estimated_seconds                | -     | -     | -    | -            | -                | yes
importer.fail_job                         | -     | -     | -    | -            | yes              | yes
importer.find_target                      | -     | -     | -    | -            | -                | yes
importer.finish_job                       | -     | -     | -    | -            | yes              | yes
importer.finish_upload                    | -     | -     | -    | -            | -                | yes
importer.first_bytes                      | -     | -     | -    | -            | -                | yes
importer.follow_import_job                | -     | -     | -    | -            | -                | yes
importer.execute_pending_import_job       | -     | -     | -    | -            | -                | yes
importer.fail_undo                        | -     | -     | -    | -            | yes              | yes
importer.failing_generated_columns       | -     | -     | -    | -            | yes              | yes
importer.finish_inspection                | -     | -     | -    | -            | yes              | yes
importer.finish_undo                      | -     | -     | -    | -            | yes              | yes
importer.follow_import_target             | -     | -     | -    | -            | -                | yes
importer.follow_upload                    | -     | -     | -    | -            | -                | yes
importer.forget_processors                | -     | -     | -    | -            | -                | yes
importer.grant_target                     | -     | -     | -    | -            | -                | yes
importer.guard_import_job                 | -     | -     | -    | -            | -                | yes
importer.guard_import_job_params          | -     | -     | -    | -            | -                | yes
importer.first_visible_owner              | -     | -     | -    | -            | -                | yes
importer.forget_samples                   | -     | -     | -    | -            | -                | yes
importer.has_unique_key                   | -     | -     | -    | -            | -                | yes
importer.headers_key                      | -     | -     | -    | -            | -                | yes
importer.hold_session                     | -     | -     | -    | -            | yes              | yes
importer.has_trigger_before_rows          | -     | -     | -    | -            | -                | yes
importer.has_own_casts                    | -     | -     | -    | -            | -                | yes
importer.has_own_code                     | -     | -     | -    | -            | -                | yes
importer.has_planned_code                 | -     | -     | -    | -            | -                | yes
importer.hold_target                      | -     | -     | -    | -            | yes              | yes
importer.hint_for_part                    | -     | -     | -    | -            | -                | yes
importer.import_queue                     | -     | -     | -    | -            | yes              | yes
importer.import_queue_health              | -     | -     | -    | -            | yes              | yes
importer.import_upload                    | -     | -     | -    | -            | -                | yes
importer.insertable_columns               | -     | -     | -    | -            | -                | yes
importer.install_realtime                 | -     | -     | -    | -            | -                | yes
importer.install_upload_trigger           | -     | -     | -    | -            | -                | yes
importer.invalid_values                   | -     | -     | -    | -            | yes              | yes
importer.is_artifact                      | -     | -     | -    | -            | -                | yes
importer.is_paused                        | -     | -     | -    | -            | -                | yes
importer.pause                            | -     | -     | -    | -            | -                | yes
importer.resume                           | -     | -     | -    | -            | -                | yes
importer.is_imported                      | -     | -     | -    | -            | -                | yes
importer.is_supervisor                    | -     | -     | -    | -            | -                | yes
importer.job_table_name                   | -     | -     | -    | -            | -                | yes
importer.judged_table                     | -     | -     | -    | -            | -                | yes
importer.keep_figures                     | -     | -     | -    | -            | yes              | yes
importer.keep_loadable_rows               | -     | -     | -    | -            | yes              | yes
importer.keep_preview                     | -     | -     | -    | -            | yes              | yes
importer.keep_rejections                  | -     | -     | -    | -            | -                | yes
importer.keep_replaced_rows               | -     | -     | -    | -            | yes              | yes
importer.keep_target_table                | -     | -     | -    | -            | -                | yes
importer.keep_waiting                     | -     | -     | -    | -            | yes              | yes
importer.last_visible_owner               | -     | -     | -    | -            | -                | yes
importer.known_columns                    | -     | -     | -    | -            | -                | yes
importer.lend_staging_table               | -     | -     | -    | -            | -                | yes
importer.limit_import_inspections         | -     | -     | -    | -            | -                | yes
importer.limit_import_job_changes         | -     | -     | -    | -            | -                | yes
importer.limit_import_jobs                | -     | -     | -    | -            | -                | yes
importer.list_import_targets              | -     | -     | -    | -            | -                | yes
importer.list_rejections                  | -     | -     | -    | -            | -                | yes
importer.lock_for_reading                 | -     | -     | -    | -            | -                | yes
importer.lock_stage                       | -     | -     | -    | -            | -                | yes
importer.lock_target                      | -     | -     | -    | -            | -                | yes
importer.may_broadcast                    | -     | -     | -    | -            | -                | yes
importer.may_import_into                  | -     | -     | -    | -            | -                | yes
importer.mended_key                       | -     | -     | -    | -            | -                | yes
importer.missing_privileges               | -     | -     | -    | -            | -                | yes
importer.next_inspections                 | -     | -     | -    | -            | -                | yes
importer.next_ids                         | -     | -     | -    | -            | yes              | yes
importer.next_jobs                        | -     | -     | -    | -            | -                | yes
importer.note_anonymous_owner             | -     | -     | -    | -            | -                | yes
importer.note_ring                        | -     | -     | -    | -            | -                | yes
importer.notify_process_import_jobs_async | -     | -     | -    | -            | -                | yes
importer.notify_processors                | -     | -     | -    | -            | -                | yes
importer.on_error                         | -     | -     | -    | -            | -                | yes
importer.open_job                         | -     | -     | -    | -            | yes              | yes
importer.open_rings                       | -     | -     | -    | -            | -                | yes
importer.open_targets                     | -     | -     | -    | -            | -                | yes
importer.own_objects                      | -     | -     | -    | -            | -                | yes
importer.parents_in_stage                | -     | -     | -    | -            | yes              | yes
importer.policies_of_new_rows             | -     | -     | -    | -            | -                | yes
importer.postpone_job                     | -     | -     | -    | -            | yes              | yes
importer.prepare_default                  | -     | -     | -    | -            | yes              | yes
importer.prepare_key_table                | -     | -     | -    | -            | yes              | yes
importer.prepare_staging_table            | -     | -     | -    | -            | yes              | yes
importer.public_objects                   | -     | -     | -    | -            | -                | yes
importer.queue_heads                      | -     | -     | -    | -            | -                | yes
importer.queue_place                      | -     | -     | -    | -            | -                | yes
importer.registered_table                 | -     | -     | -    | -            | -                | yes
importer.read_rejected_chunks             | -     | -     | -    | -            | yes              | yes
importer.read_rejections                  | -     | -     | -    | -            | yes              | yes
importer.register_target                  | -     | -     | -    | -            | -                | yes
importer.rejected_cells                   | -     | -     | -    | -            | -                | yes
importer.rejected_part                    | -     | -     | -    | -            | -                | yes
importer.reject_staged_rows               | -     | -     | -    | -            | yes              | yes
importer.release_job                      | -     | -     | -    | -            | yes              | yes
importer.remember_mapping                 | -     | -     | -    | -            | -                | yes
importer.remembered_mapping               | -     | -     | -    | -            | yes              | yes
importer.remove_from_platform             | -     | -     | -    | -            | -                | yes
importer.remove_role                      | -     | -     | -    | -            | -                | yes
importer.renew_target_tables              | -     | -     | -    | -            | -                | yes
importer.renew_lease                      | -     | -     | -    | -            | yes              | yes
importer.report_processor                 | -     | -     | -    | -            | yes              | yes
importer.request_undo                     | -     | -     | -    | -            | -                | yes
importer.restore_attempt                  | -     | -     | -    | -            | yes              | yes
importer.restore_claims                   | -     | -     | -    | -            | -                | yes
importer.ring_is_unanswered               | -     | -     | -    | -            | -                | yes
importer.ring_processor                   | -     | -     | -    | -            | -                | yes
importer.ring_timeout                     | -     | -     | -    | -            | -                | yes
importer.rows_of_job                      | -     | -     | -    | -            | -                | yes
importer.rows_before_their_parent         | -     | -     | -    | -            | yes              | yes
importer.rows_that_meet                   | -     | -     | -    | -            | yes              | yes
importer.rows_with_key_of_another         | -     | -     | -    | -            | yes              | yes
importer.rows_with_taken_key              | -     | -     | -    | -            | yes              | yes
importer.rows_without_parent              | -     | -     | -    | -            | yes              | yes
importer.rules_of_modes                   | -     | -     | -    | -            | yes              | yes
importer.self_references                  | -     | -     | -    | -            | yes              | yes
importer.session_is_open                  | -     | -     | -    | -            | -                | yes
importer.set_claims                       | -     | -     | -    | -            | -                | yes
importer.setting                          | -     | -     | -    | -            | -                | yes
importer.setting_number                   | -     | -     | -    | -            | -                | yes
importer.schedule_sweep                   | -     | -     | -    | -            | -                | yes
importer.send_test_ring                   | -     | -     | -    | -            | yes              | yes
importer.settle_waiting                   | -     | -     | -    | -            | yes              | yes
importer.skip_duplicate                   | -     | -     | -    | -            | yes              | yes
importer.skip_staged_rows                 | -     | -     | -    | -            | yes              | yes
importer.source_deleted                   | -     | -     | -    | -            | yes              | yes
importer.sources_to_delete                | -     | -     | -    | -            | yes              | yes
importer.staged_rows                      | -     | -     | -    | -            | -                | yes
importer.stages                           | -     | -     | -    | -            | -                | yes
importer.sweep_import_jobs                | -     | -     | -    | -            | yes              | yes
importer.table_keys                       | -     | -     | -    | -            | -                | yes
importer.table_references                 | -     | -     | -    | -            | -                | yes
importer.table_rules                      | -     | -     | -    | -            | yes              | yes
importer.take_back_lost_jobs              | -     | -     | -    | -            | yes              | yes
importer.test_ring_result                 | -     | -     | -    | -            | yes              | yes
importer.take_jobs                        | -     | -     | -    | -            | -                | yes
importer.takes_rows_as_they_are          | -     | -     | -    | -            | -                | yes
importer.target_columns                   | -     | -     | -    | -            | -                | yes
importer.target_privileges                | -     | -     | -    | -            | -                | yes
importer.target_relation                  | -     | -     | -    | -            | -                | yes
importer.trigger_import_job_processing    | -     | -     | -    | -            | -                | yes
importer.typed_values                     | -     | -     | -    | -            | yes              | yes
importer.undo_import_job                  | -     | -     | -    | -            | -                | yes
importer.undo_obstacle                    | -     | -     | -    | -            | -                | yes
importer.uninstall                        | -     | -     | -    | -            | -                | yes
importer.unregister_target                | -     | -     | -    | -            | -                | yes
importer.waiting_chunks                   | -     | -     | -    | -            | yes              | yes
importer.wake_token                       | -     | -     | -    | -            | yes              | yes
importer.work_is_left                     | -     | -     | -    | -            | yes              | yes
importer.write_accepted_rows              | -     | -     | -    | -            | yes              | yes
importer.yield_upload                     | -     | -     | -    | -            | -                | yes
public.cancel_import_job                  | yes   | yes   | -    | yes          | -                | yes
public.check_planned_import               | yes   | yes   | -    | yes          | -                | yes
public.create_import_job                  | yes   | yes   | -    | yes          | -                | yes
public.execute_import_job                 | yes   | yes   | -    | yes          | -                | yes
public.import_doctor                      | yes   | yes   | -    | yes          | -                | yes
public.import_job_statistics              | yes   | yes   | -    | yes          | -                | yes
public.import_queue                       | yes   | yes   | -    | yes          | -                | yes
public.import_queue_health                | yes   | yes   | -    | yes          | -                | yes
public.list_import_jobs                   | yes   | yes   | -    | yes          | -                | yes
public.list_import_targets                | yes   | yes   | -    | yes          | -                | yes
public.retry_import_job                   | yes   | yes   | -    | yes          | -                | yes
public.undo_import_job                    | yes   | yes   | -    | yes          | -                | yes
""")
OURS = """
select p.pronamespace::regnamespace || '.' || p.proname, array(select t::regtype::text from unnest(p.proargtypes) as t)
from pg_proc as p
where p.pronamespace in ('public'::regnamespace, 'importer'::regnamespace)
  and not exists (select from pg_depend as d where d.objid = p.oid and d.deptype = 'e')
"""


@pytest.fixture(scope="module", params=["closed", "open"])
def everybody(cluster: Cluster, request: pytest.FixtureRequest) -> Iterator[People]:
    yield from people(cluster, request.param)


def overloads(everybody: People) -> list[tuple[str, list[str]]]:
    """Return the names of our functions, each with the types of its arguments."""
    with everybody.acting("postgres") as conn:
        conn.execute("set local search_path = ''")
        return conn.execute(OURS).fetchall()


def executes(everybody: People, role: str, name: str, types: list[str]) -> str:
    """Call a function with nulls; return `-` if the role may not execute it, else `yes`."""
    nulls = ", ".join(f"null::{type_name}" for type_name in types)
    with everybody.acting(role) as conn:
        try:
            conn.execute(sql.SQL(f"select {name}({nulls})"))
        except psycopg.Error as exc:
            refused = exc.sqlstate == "42501" and (exc.diag.message_primary or "").startswith("permission denied for ")
            return "-" if refused else "yes"
        return "yes"


@pytest.mark.parametrize("name", MATRIX)
def test_each_role_executes_exactly_what_the_matrix_says(everybody: People, name: str) -> None:
    signatures = [types for other, types in overloads(everybody) if other == name]
    for types in signatures:
        assert {role: executes(everybody, role, name, types) for role in ROLES} == MATRIX[name]


def test_matrix_has_every_function_there_is(everybody: People) -> None:
    assert {name for name, _ in overloads(everybody)} == set(MATRIX)


def test_function_granted_to_everybody_would_be_found(everybody: People) -> None:
    admin = everybody.connections["postgres"]
    admin.execute("create function public.open_door() returns void language sql as 'select'")
    try:
        assert executes(everybody, "anon", "public.open_door", []) == "yes"
        assert "public.open_door" in {name for name, _ in overloads(everybody)}
    finally:
        admin.execute("drop function public.open_door()")
