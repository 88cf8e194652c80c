"""Everything that asks the tables of ours, once: clients, processor, sweep. Without sequential scans, so that an index
that is left unused by all of it is one that serves nothing, in a table of any size."""

from __future__ import annotations

from psycopg import sql

from tests.conftest import Database
from tests.integration.queue_harness import OWNER, Queue


def use_everything(database: Database) -> None:
    """Run jobs of one owner through their states, look at them as a client does, and clean up behind them."""
    with database.connect() as conn:
        conn.execute(
            sql.SQL("alter database {} set enable_seqscan = off").format(sql.Identifier(database.name))
        )
    with database.connect() as admin, database.connect("import_processor") as processor:
        queue = Queue(database, admin, processor)
        completed = queue.job_that_is("completed", created_by=OWNER, options='{"delete_source": true}')
        failed = queue.job_that_is("failed", created_by=OWNER)
        running = queue.running(created_by=OWNER)
        queue.sweep()
        processor.execute("select importer.sources_to_delete()")
        look_as_client(queue)
        queue.lapse(running)
        queue.sweep()
        for job in (completed, failed):
            assert queue.events(job)
            admin.execute("delete from public.import_jobs where id = %s", [job])
    with database.connect() as conn:
        conn.execute("select pg_stat_force_next_flush()")


def look_as_client(queue: Queue) -> None:
    """Insert as a signed-in user, then list the latest jobs and one job's events and errors, as docs/sql.md does."""
    with queue.user() as client:
        client.execute(
            "insert into public.import_jobs (object_path, target) values (%s, 'people')", [f"{OWNER}/a/people.csv"]
        )
        jobs = client.execute("select id from public.import_jobs order by created_at desc limit 20").fetchall()
        assert jobs
        client.execute("select event from public.import_job_events where job_id = %s order by id", jobs[0])
        client.execute("select code from public.import_job_errors where job_id = %s", jobs[0])
