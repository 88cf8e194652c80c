"""Jobs to undo: a target for notes, and jobs that have loaded or replaced rows of it."""

from typing import Any
from uuid import UUID

from tests.integration.queue_harness import Claim, Queue

NOTES = """
create schema app;
create table app.notes (
  id bigint generated always as identity primary key, owner uuid, body text unique, import_job_id uuid,
  length integer generated always as (length(body)) stored
);
select importer.register_target('app.notes', provenance_column => 'import_job_id');
"""
REPLACE = "select importer.register_target('app.notes', mode => 'replace', owner_column => 'owner')"
NO_PROVENANCE = "update public.import_targets set provenance_column = null"


def loaded(queue: Queue, *bodies: str, status: str = "completed", **columns: object) -> UUID:
    """Return a job that has loaded these rows and is in `status`."""
    claim = queue.running(target="notes", **columns)
    queue.open(claim)
    put(queue, claim, *bodies)
    queue.commit(claim, loaded=len(bodies))
    if status == "completed":
        queue.finish(claim, len(bodies))
    elif status == "failed":
        queue.fail(claim)
    elif status == "cancelled":
        queue.admin.execute("update public.import_jobs set status = 'cancelled' where id = %s", [claim.id])
    return claim.id


def put(queue: Queue, claim: Claim, *bodies: str) -> None:
    """Insert rows of the job with its owner."""
    owner = claim.value["owner"]
    for body in bodies:
        queue.admin.execute(
            "insert into app.notes (owner, body, import_job_id) values (%s, %s, %s)", [owner, body, claim.id]
        )


def replaced(queue: Queue, *bodies: str, **columns: object) -> UUID:
    """Return a job that has replaced the owner's rows, or all rows, by these."""
    claim = queue.running(target="notes", **columns)
    queue.processor.execute("select importer.keep_replaced_rows(%s, %s)", [claim.id, claim.token])
    owner = claim.value["owner"]
    queue.admin.execute("delete from app.notes where owner = %s or %s::uuid is null", [owner, owner])
    queue.open(claim)
    put(queue, claim, *bodies)
    queue.commit(claim, loaded=len(bodies))
    queue.finish(claim, len(bodies))
    return claim.id


def undo(queue: Queue, job: UUID) -> int:
    return queue.value("select importer.undo_import_job(%s)", job)


def bodies(queue: Queue) -> list[str]:
    """Return the texts of all rows, sorted."""
    return [body for (body,) in queue.admin.execute("select body from app.notes order by body")]


def undone_event(queue: Queue, job: UUID) -> dict[str, Any]:
    """Return the details of the event of an undo."""
    return queue.value("select detail from public.import_job_events where job_id = %s and event = 'undone'", job)
