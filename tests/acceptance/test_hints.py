"""Every hint is right: done in the situation that raised it, it leads to a job that ends well and doubles nothing."""

import pytest

from tests.acceptance import hint_situations, hint_situations_around
from tests.acceptance.conftest import Stack
from tests.acceptance.hints_harness import SITUATIONS, Reader
from tests.conventions.test_errors import JOB_ERRORS, all_hints, function_hints, sql_hints
from tests.integration.test_hint_statements import STATEMENTS

EVERY = {(code, text) for code in {*JOB_ERRORS, *sql_hints(), *function_hints()} for text in all_hints(code)}
PREFIXES = {*SITUATIONS, *((code, text) for code, text, *_ in STATEMENTS)}
NOT_DONE = {
    ("IJ103", "No action is needed"): "it says to do nothing, and appears in a log only",
    ("IJ104", "Look for the cause"): "a retry after lost processors: tests/faults/test_attempts_used_up.py",
    ("IJ109", 'Run "import-jobs configure'): "a warning; the insert succeeds: tests/integration/test_configure.py",
    ("IJ101", "Retry the job when undone_at"): "tests/integration/test_request_undo.py",
    ("IJ112", "Ask for the undo as the owner"): "tests/integration/test_request_undo.py",
    ("IJ112", "Owners undo within"): "tests/acceptance/test_undo_by_owner.py",
    ("IJ112", "Inserts need"): "a column is needed before the import: tests/integration/test_undo_import_job.py",
    ("IJ106", "Register the table, select importer.register_target('public.your_table'), then try again"): "the same",
    ("IJ113", "Name a table"): "tests/integration/test_target_tables.py",
    ("IJ113", "Rename the column"): "tests/integration/test_check_import_target.py",
    ("IJ113", "Set the type"): "tests/integration/test_check_import_target.py",
    ("IJ114", "Wait until some jobs"): "tests/integration/test_limit_import_jobs.py",
    ("IJ116", "Wait a minute"): "it takes a minute",
    ("IJ119", "Upload"): "a line in import_folders.last_error: tests/integration/test_import_on_upload.py",
    ("IJ118", "Wait a minute"): "it takes a minute",
    ("IJ312", "Import the file without"): "nothing fails to be retried: tests/acceptance/test_inspect.py",
    ("IJ504", "Retry the job: it starts"): "an attempt was interrupted: tests/integration/test_open_job.py",
    ("IJ311", "Retry the job with the option member"): "tests/acceptance/test_members.py",
    ("IJ313", "Retry the job with the option member set to one of: "): "the same",
    ("IJ313", "Retry the job with the option member set to one of the names"): "tests/acceptance/test_workbooks.py",
    ("IJ314", "Save the workbook without a password"): "another file, as in all tests of workbooks: the same",
    ("IJ315", "Save the workbook as .xlsx"): "the same",
    ("IJ316", "Save the sheet as CSV"): "the same",
    ("IJ317", "Open the workbook and save it again"): "the same",
    ("IJ504", "Let the trigger accept"): "an undo is asked for again: tests/acceptance/test_attacks_undo.py",
    ("IJ603", "Give the owner the right"): "an undo is asked for again: tests/acceptance/test_undo_by_owner.py",
    ("IJ113", "Correct the target"): "a definition that became wrong is reported by SQL, with a hint of its own",
    ("IJ120", "Send POST"): "an answer of HTTP and no job: tests/integration/test_http_app.py",
    ("IJ133", "Wait until they have ended"): "tests/upgrade/test_uninstall.py",
    ("IJ133", "Drop them, or change them"): "the same",
    ("IJ115", "Call create again"): "an answer of an Edge Function: tests/clients/test_edge_functions.py",
    ("IJ121", "See docs/reference/edge-functions.md"): "another answer of it: tests/clients/test_edge_refusals.py",
    ("IJ121", "Send a JSON object"): "the same",
    ("IJ121", "Use POST"): "the same",
    ("IJ121", "Use import-jobs/create"): "the same",
    ("IJ122", "Sign in"): "the same",
    ("IJ122", "Check that Auth runs"): "the same",
    ("IJ201", "Upload the file to the signed URL"): "tests/clients/test_edge_functions.py",
    ("IJ202", "Check SUPABASE_SECRET_KEY"): "another key needs another processor: tests/acceptance/test_serve_key.py",
    ("IJ202", "Check SUPABASE_URL"): "the same",
    ("IJ202", "Check that SUPABASE_URL"): "the same",
    ("IJ202", "Add text/csv"): "Storage sends it for uploads only; an artifact is left out then",
    ("IJ202", "Look up the code"): "no request of the processor gets such a code",
    ("IJ203", "Check that Storage runs and that the bucket"): "tests/clients/test_edge_environment.py",
    (
        "IJ205",
        "Import the file in parts or compress it",
    ): "before an upload: tests/integration/test_check_planned_import.py",
    ("IJ207", "Send a type"): "the same",
    ("IJ205", "Raise IMPORT_JOBS_MAX_FILE_BYTES"): "another limit needs another processor",
    ("IJ205", "Raise the size limit"): "Storage sends it for uploads only",
    ("IJ304", "Rows of the file"): "needs a gap in the ledger: tests/integration/test_hint_statements.py",
    ("IJ305", "Rows of the file"): "the same",
    ("IJ311", "Rows of the file"): "the same",
    ("IJ501", "Check that the database and the Data API run"): "tests/clients/test_edge_environment.py",
    ("IJ503", "Find out who"): "tests/acceptance/test_attacks_targets.py",
    ("IJ503", "Restore the table or register"): "raised within the statements of administrators, who see the table",
    ("IJ603", "Run grant usage on sequence"): "tests/acceptance/test_values_of_programs.py",
    ("IJ504", "Look up the SQLSTATE"): "the cause is PostgreSQL's, and so is what to do about it",
    (
        "IJ601",
        "Ask an administrator to allow it in import_targets.allowed_roles or allowed_when.",
    ): "the same, at the insert",
    ("IJ601", "Ask an administrator to make you a supervisor"): "tests/integration/test_doctor.py",
    ("IJ601", "Set owner_column"): "tests/acceptance/test_modes.py",
    ("IJ602", "Upload the file to <your user id>/… in the bucket imports, and set"): "every import of a user does it",
    ("IJ602", "Ask an administrator for the policies"): "tests/clients/test_edge_environment.py",
    ("IJ901", "This is a defect"): "a defect",
    ("IJ902", "This is a defect"): "a defect",
}


def beginning_of(code: str, text: str) -> list[tuple[str, str]]:
    """Return the entries for a hint: those of its code that it begins with."""
    return [entry for entry in (*PREFIXES, *NOT_DONE) if entry[0] == code and text.startswith(entry[1])]


@pytest.mark.parametrize(("code", "text"), sorted(EVERY), ids=lambda value: value[:40])
def test_every_hint_is_done_or_says_why_not(code: str, text: str) -> None:
    assert beginning_of(code, text)


def test_every_entry_is_a_hint() -> None:
    entries = {*PREFIXES, *NOT_DONE}
    assert {e for e in entries if not any(code == e[0] and text.startswith(e[1]) for code, text in EVERY)} == set()
    assert set(PREFIXES) & set(NOT_DONE) == set()
    assert hint_situations.GOOD == hint_situations_around.GOOD


@pytest.mark.parametrize("entry", SITUATIONS, ids=lambda entry: f"{entry[0]} {entry[1][:30]}")
def test_doing_what_the_hint_says_ends_well(stack: Stack, entry: tuple[str, str]) -> None:
    code, beginning = entry
    (text,) = [text for text in all_hints(code) if text.startswith(beginning)]
    SITUATIONS[entry](Reader(stack, code, text))
