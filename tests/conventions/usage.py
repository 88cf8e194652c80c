"""Use everything that queries our tables once: clients, the processor and the sweep.

Sequential scans are disabled, so an index that is unused afterwards is useless for tables of any size.
"""

from __future__ import annotations

from psycopg import sql

from tests.conftest import Database
from tests.integration.queue_harness import OWNER, Queue

TARGET = """
create schema app;
create table app.people (id bigint generated always as identity primary key, name text);
select importer.register_target('app.people', 'people');
update public.import_targets set on_duplicate_file = 'skip' where name = 'people'
"""


def use_everything(database: Database) -> None:
    """Bring jobs of one owner into all states, read them as a client does, and delete some of them."""
    with database.connect() as conn:
        conn.execute(sql.SQL("alter database {} set enable_seqscan = off").format(sql.Identifier(database.name)))
    with database.connect() as admin, database.connect("import_processor") as processor:
        queue = Queue(database, admin, processor)
        admin.execute(TARGET)
        completed = queue.job_that_is("completed", created_by=OWNER, options='{"delete_source": true}')
        failed = queue.job_that_is("failed", created_by=OWNER)
        processor.execute("select importer.sources_to_delete()")
        lapsed = queue.running(created_by=OWNER)
        queue.sweep()
        look_as_client(queue)
        queue.expire(lapsed)
        queue.sweep()
        for job in (completed, failed):
            assert queue.events(job)
            admin.execute("delete from public.import_jobs where id = %s", [job])
        inspect_and_undo(queue)
        upload_and_broadcast(queue)
        work_as_processor(queue)
    with database.connect() as conn:
        conn.execute("select pg_stat_force_next_flush()")


def inspect_and_undo(queue: Queue) -> None:
    """Claim an inspection, delete old samples, look for undos, and use the mappings of a target and an owner."""
    queue.insert(created_by=OWNER, options='{"inspect": true}')
    queue.processor.execute("select importer.claim_inspections('test', 1)")
    queue.processor.execute("select importer.claim_undos(1)")
    queue.admin.execute("delete from public.import_mappings where target = 'people'")
    queue.admin.execute(
        "select used_at from public.import_mappings where owner = %s and target = 'people' order by used_at", [OWNER]
    )


def upload_and_broadcast(queue: Queue) -> None:
    """Make folders of an owner, and count the messages about a job."""
    for prefix in ("a/", "b/"):
        queue.admin.execute(
            "insert into public.import_folders (path_prefix, target, owner) values (%s, 'people', %s)", [prefix, OWNER]
        )
    queue.admin.execute("select importer.may_broadcast(j) from public.import_jobs as j where j.status = 'pending'")


def work_as_processor(queue: Queue) -> None:
    """Leave a job running, so that its staging and key tables exist."""
    claim = queue.running(created_by=OWNER, priority=9)
    processor = queue.processor
    processor.execute("select importer.claim_file(%s, %s, 'the same as no other')", [claim.id, claim.token])
    for prepared in ("prepare_staging_table", "prepare_key_table"):
        processor.execute(
            sql.SQL("select importer.{}(%s, %s, array['name'])").format(sql.Identifier(prepared)),
            [claim.id, claim.token],
        )


def look_as_client(queue: Queue) -> None:
    """Insert a job as a signed-in user, then list the latest jobs and the events and errors of one of them."""
    with queue.user() as client:
        client.execute(
            "insert into public.import_jobs (object_path, target) values (%s, 'people')", [f"{OWNER}/a/people.csv"]
        )
        jobs = client.execute("select id from public.import_jobs order by created_at desc limit 20").fetchall()
        assert jobs
        client.execute("select event from public.import_job_events where job_id = %s order by id", jobs[0])
        client.execute("select code from public.import_job_errors where job_id = %s", jobs[0])
