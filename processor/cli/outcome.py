"""How a job ended, in sentences: the result, the reason, and what can be done about it."""

from collections.abc import Iterator

from processor.cli.job_state import JobState, status_of

MODE_SKIPS = {
    "ignore": "because rows with their keys exist",
    "update": "because no rows with their keys exist",
    "upsert": "because their keys come again later in the file",
}


def result(state: JobState) -> str:
    """Return the line that tells how a job ended."""
    status = status_of(
        state.status, dry_run=state.dry_run, undone=state.undone, duplicate=state.duplicate_of is not None
    )
    would = "would be loaded" if state.dry_run else "loaded"
    skipped = f", {state.rows_skipped:,} skipped" if state.rows_skipped else ""
    counts = f"{rows(state.rows_loaded)} {would}, {state.rows_rejected:,} rejected{skipped}"
    code = f" ({state.error_code})" if state.error_code else ""
    return f"{status}: {counts} in {state.seconds or 0:.1f} s{code}"


def explanations(state: JobState, short: str) -> Iterator[str]:
    """Yield the sentences after the result. `short` is an id by which the commands find the job."""
    if state.duplicate_of is not None:
        yield (
            f"It is a duplicate of job {state.duplicate_of}, which has imported the same file, so nothing was loaded. "
            "To load it again: --option force=true"
        )
    if state.dry_run and state.status == "completed":
        yield "Nothing was written, because this was a dry run. Import without --dry-run to load the rows."
    if state.undone:
        yield "Its rows have been taken out of the target again."
    yield from skips(state)
    if state.rows_rejected:
        yield f"To see the rejected rows: import-jobs errors {short}"
    if state.errors_path:
        yield f"To mend them: import-jobs errors {short} -o rejected.csv, then correct and import that file"
    if state.status == "failed":
        yield f"To try again when the cause is removed: import-jobs retry {short} (--option changes an option)"
    if state.status == "cancelled":
        kept = "Rows that were loaded before stay. " if state.rows_loaded else ""
        yield f"{kept}To go on: import-jobs retry {short}"


def skips(state: JobState) -> Iterator[str]:
    """Yield the sentences that say why rows were skipped."""
    if not state.rows_skipped:
        return
    if state.status != "completed" and (state.atomic or state.dry_run):
        why = "the dry run did not come to its end" if state.dry_run else "the job loads all rows or none"
        yield f"{rows(state.rows_skipped)} skipped, because {why}."
        return
    if state.skipped_by_trigger:
        yield f"{rows(state.skipped_by_trigger)} skipped, because a trigger of the table left them out."
    if by_mode := min(state.skipped_by_mode, state.rows_skipped):
        why = MODE_SKIPS.get(state.mode or "", "because the target's mode leaves them out")
        yield f"{rows(by_mode)} skipped {why} (mode {state.mode})."
    if empty := max(0, state.rows_skipped - state.skipped_by_mode - state.skipped_by_trigger):
        yield f"{rows(empty)} skipped, because nothing is in them (blank lines or comments)."


def rows(count: int) -> str:
    """Return a number of rows as text."""
    return f"{count:,} row{'' if count == 1 else 's'}"


def succeeded(state: JobState, *, strict: bool) -> bool:
    """Return whether a job completed, and with `strict` whether it rejected no row either."""
    return state.status == "completed" and not (strict and state.rows_rejected)
