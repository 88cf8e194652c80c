"""Broadcasts of progress, with a stand-in for the schema of Supabase Realtime: the names and grants are upstream's."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import psycopg
import pytest

from tests.conftest import Cluster, Database
from tests.integration.queue_harness import EMPTY, OTHER, OWNER, Queue

# The partitions of the real table, and the code that turns an error into a warning, are left out.
REALTIME = """
create schema realtime;
create table realtime.messages (
  id uuid not null default gen_random_uuid(), topic text not null, extension text not null, payload jsonb, event text,
  private boolean default false, updated_at timestamp not null default now(),
  inserted_at timestamp not null default now(), primary key (id, inserted_at)
);
alter table realtime.messages enable row level security;
create function realtime.topic() returns text language sql stable as $$
  select nullif(current_setting('realtime.topic', true), '')::text
$$;
create function realtime.send(payload jsonb, event text, topic text, private boolean default true) returns void
language plpgsql as $$
begin
  insert into realtime.messages (payload, event, topic, private, extension)
  values (send.payload, send.event, send.topic, send.private, 'broadcast');
end
$$;
grant usage on schema realtime to postgres, authenticated;
grant select, insert on realtime.messages to authenticated;
grant all on realtime.messages to postgres;
alter table realtime.messages owner to postgres;
"""
MESSAGES = "select payload, event, topic, private from realtime.messages order by inserted_at, payload ->> 'bytes_read'"


@pytest.fixture(scope="module")
def broadcasting(cluster: Cluster) -> Iterator[Queue]:
    with (
        contextmanager(cluster.clone)("closed") as db,
        db.connect() as admin,
        db.connect("import_processor") as processor,
    ):
        with db.connect("supabase_admin") as superuser:
            superuser.execute(REALTIME)
        admin.execute("select importer.install_realtime()")
        yield Queue(db, admin, processor)


@pytest.fixture
def live(broadcasting: Queue) -> Queue:
    broadcasting.admin.execute(EMPTY)
    broadcasting.admin.execute("delete from realtime.messages; delete from importer.broadcasts")
    return broadcasting


def messages(queue: Queue, key: str = "status") -> list[Any]:
    return [payload[key] for payload, *_ in queue.admin.execute(MESSAGES)]


def elapse(queue: Queue, seconds: float = 1.1) -> None:
    """Let time pass for the limits."""
    queue.admin.execute("update importer.broadcasts set sent_at = sent_at - make_interval(secs => %s)", [seconds])


def test_progress_goes_to_the_private_topic_of_the_owner(live: Queue) -> None:
    claim = live.running(created_by=OWNER, file_name="people.csv")
    ((payload, event, topic, private),) = live.admin.execute(MESSAGES).fetchall()
    assert (event, topic, private) == ("progress", f"import-jobs:{OWNER}", True)
    updated_at = payload.pop("updated_at")
    assert updated_at
    assert payload == {
        "id": str(claim.id),
        "status": "running",
        "phase": "opening",
        "progress": 0,
        "target": "people",
        "file_name": "people.csv",
        "bytes_read": 0,
        "bytes_total": None,
        "rows_read": 0,
        "rows_loaded": 0,
        "rows_rejected": 0,
        "rows_skipped": 0,
        "error_code": None,
    }


def test_job_without_owner_sends_nothing(live: Queue) -> None:
    live.job_that_is("completed")
    assert messages(live) == []


def test_one_message_a_second_and_the_last_one_always(live: Queue) -> None:
    claim = live.running(created_by=OWNER)
    live.open(claim)
    for seq in range(5):
        live.commit(claim, seq)
    assert messages(live) == ["running"]
    elapse(live)
    live.commit(claim, 5)
    live.commit(claim, 6)
    assert messages(live, "rows_read") == [0, 6]
    live.finish(claim, 7)
    assert messages(live) == ["running", "running", "completed"]
    assert messages(live, "progress")[-1] == 100


@pytest.mark.parametrize("status", ["failed", "cancelled"])
def test_every_end_is_a_last_message(live: Queue, status: str) -> None:
    claim = live.running(created_by=OWNER)
    if status == "failed":
        live.fail(claim)
    else:
        live.admin.execute("select public.cancel_import_job(%s)", [claim.id])
    assert messages(live) == ["running", status]
    assert messages(live, "error_code")[-1] == ("IJ301" if status == "failed" else None)


def test_twenty_a_second_for_an_owner_without_the_last_ones(live: Queue) -> None:
    live.admin.execute("insert into importer.settings (name, value) values ('max_running_jobs_per_owner', '100')")
    for number in range(30):
        live.insert(created_by=OWNER, target=f"t{number}")
    claims = live.claim(30)
    assert len(claims) == 30
    assert messages(live) == ["running"] * 20
    live.insert(created_by=OTHER)
    (other,) = live.claim()
    assert messages(live, "id").count(str(other.id)) == 1
    for claim in claims[20:]:
        live.fail(claim)
    assert messages(live).count("failed") == 10


def test_next_second_is_free_again(live: Queue) -> None:
    live.admin.execute("insert into importer.settings (name, value) values ('max_running_jobs_per_owner', '100')")
    for number in range(25):
        live.insert(created_by=OWNER, target=f"t{number}")
    claims = live.claim(25)
    elapse(live)
    live.open(claims[24])
    live.commit(claims[24])
    assert messages(live, "id").count(str(claims[24].id)) == 1


def test_notes_of_old_messages_are_deleted(live: Queue) -> None:
    for _ in range(3):
        live.job_that_is("completed", created_by=OWNER)
    elapse(live, 61)
    live.job_that_is("completed", created_by=OWNER)
    assert live.value("select count(*) from importer.broadcasts") == 1


def test_message_of_a_transaction_that_is_rolled_back_is_not_sent(live: Queue) -> None:
    claim = live.running(created_by=OWNER)
    live.open(claim)
    elapse(live)
    with live.processor.transaction(force_rollback=True):
        live.commit(claim)
    assert messages(live) == ["running"]


def test_error_of_realtime_fails_no_job(live: Queue) -> None:
    with live.db.connect("supabase_admin") as superuser:
        superuser.execute("alter table realtime.messages rename to gone")
        try:
            job = live.job_that_is("completed", created_by=OWNER)
        finally:
            superuser.execute("alter table realtime.gone rename to messages")
    assert live.row(job, "status") == "completed"


def received(live: Queue, user: UUID, topic: str) -> int:
    """Return how many messages a user may read that joins a topic: Realtime asks the policies so."""
    with live.user(user) as conn, conn.transaction():
        conn.execute("select set_config('realtime.topic', %s, true)", [topic])
        return conn.execute("select count(*) from realtime.messages").fetchone()[0]


def test_only_the_owner_receives_the_messages(live: Queue) -> None:
    live.running(created_by=OWNER)
    topic = f"import-jobs:{OWNER}"
    assert received(live, OWNER, topic) == 1
    assert received(live, OTHER, topic) == 0
    assert received(live, OWNER, f"import-jobs:{OTHER}") == 0
    assert received(live, OWNER, "another-topic") == 0


def test_owner_may_send_nothing_to_the_topic(live: Queue) -> None:
    with live.user() as conn, conn.transaction(force_rollback=True):
        conn.execute("select set_config('realtime.topic', %s, true)", [f"import-jobs:{OWNER}"])
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            conn.execute(
                "insert into realtime.messages (topic, extension) values (%s, 'broadcast')", [f"import-jobs:{OWNER}"]
            )


def test_policy_is_installed_once(live: Queue) -> None:
    assert live.value("select importer.install_realtime()") is True
    policies = "select policyname, cmd, roles::text from pg_policies where schemaname = 'realtime'"
    assert live.admin.execute(policies).fetchall() == [
        ("import-jobs: owners receive the progress of their jobs", "SELECT", "{authenticated}")
    ]


def test_table_that_is_closed_to_the_administrator_is_told(live: Queue) -> None:
    notices: list[str] = []
    with live.db.connect("supabase_admin") as superuser, superuser.transaction(force_rollback=True):
        superuser.execute('drop policy "import-jobs: owners receive the progress of their jobs" on realtime.messages')
        superuser.execute("alter table realtime.messages owner to supabase_admin")
        superuser.execute("set local role postgres")
        superuser.add_notice_handler(lambda notice: notices.append(notice.message_primary or ""))
        assert superuser.execute("select importer.install_realtime()").fetchone() == (False,)
    assert notices == [
        "broadcasts of progress are not installed: the role postgres may not create a policy on realtime.messages"
    ]


def test_database_without_realtime_says_so(db: Database) -> None:
    notices: list[str] = []
    with db.connect() as admin:
        admin.add_notice_handler(lambda notice: notices.append(notice.message_primary or ""))
        assert admin.execute("select importer.install_realtime()").fetchone() == (False,)
    assert notices == ["broadcasts of progress are not installed: there is no Realtime"]
