"""A target means the table that was registered: whatever takes its place is neither read nor written."""

from __future__ import annotations

from collections.abc import Callable

import psycopg
import pytest

from processor.database import migrate
from tests.integration.queue_harness import OWNER, Claim, Queue, raises

REGISTERED = """
create schema app authorization postgres;
create table app.notes (id bigint primary key, body text, import_job_id uuid);
select importer.register_target('app.notes', provenance_column => 'import_job_id');
create table app.proof (who text);
create function app.evil() returns text language sql volatile as $$
  insert into app.proof values (current_user) returning 'x'
$$;
create function app.evil_trigger() returns trigger language plpgsql as $$
begin
  perform app.evil();
  return new;
end
$$;
"""
INSTEAD = """
create trigger t instead of insert or delete or update on app.notes for each row execute function app.evil_trigger()
"""
# What an owner of the schema can put in the table's place, each under its name.
IMPOSTORS = {
    "view": f"""
    alter table app.notes rename to hidden;
    create view app.notes as select id, body || app.evil() as body, import_job_id from app.hidden;
    {INSTEAD}
    """,
    "view after a drop": f"""
    drop table app.notes;
    create view app.notes as select 1::bigint as id, app.evil() as body, null::uuid as import_job_id;
    {INSTEAD}
    """,
    "materialized view": """
    drop table app.notes;
    create materialized view app.notes as select 1::bigint as id, 'a' as body, null::uuid as import_job_id
    """,
    "table with a rule": """
    alter table app.notes rename to hidden;
    create table app.notes (like app.hidden including all);
    create rule r as on insert to app.notes do also select app.evil()
    """,
    "table with a trigger": """
    drop table app.notes;
    create table app.notes (id bigint primary key, body text, import_job_id uuid);
    create trigger t before insert or delete on app.notes for each row execute function app.evil_trigger()
    """,
    "partitioned table": """
    drop table app.notes;
    create table app.notes (id bigint, body text, import_job_id uuid) partition by range (id);
    create table app.part partition of app.notes default
    """,
    "table of another schema": """
    alter schema app rename to gone;
    create schema app;
    create table app.notes (id bigint primary key, body text, import_job_id uuid)
    """,
}
KEEP = "select importer.keep_replaced_rows(%s, %s)"
HOLD = "select importer.hold_target(%s, %s)"


@pytest.fixture
def notes(queue: Queue) -> Queue:
    queue.admin.execute("drop schema if exists gone cascade")
    queue.admin.execute(REGISTERED)
    return queue


def opens(queue: Queue, claim: Claim) -> None:
    queue.open(claim)


def holds(queue: Queue, claim: Claim) -> None:
    queue.processor.execute(HOLD, [claim.id, claim.token])


def keeps(queue: Queue, claim: Claim) -> None:
    queue.processor.execute(KEEP, [claim.id, claim.token])


def stages(queue: Queue, claim: Claim) -> None:
    queue.processor.execute("select importer.prepare_staging_table(%s, %s, '{id,body}')", [claim.id, claim.token])


def enters_keys(queue: Queue, claim: Claim) -> None:
    queue.processor.execute("select importer.prepare_key_table(%s, %s, '{id}')", [claim.id, claim.token])


def evidence(queue: Queue) -> list[str]:
    """Return the roles as which the code of an impostor ran."""
    for schema in ("app", "gone"):
        if queue.value("select to_regclass(%s) is not null", f"{schema}.proof"):
            return [who for (who,) in queue.admin.execute(f"select who from {schema}.proof")]
    raise AssertionError("the table of the evidence is gone")


@pytest.mark.parametrize("impostor", IMPOSTORS)
@pytest.mark.parametrize("step", [opens, holds, keeps, stages, enters_keys])
def test_no_step_of_a_job_touches_an_impostor(
    notes: Queue, impostor: str, step: Callable[[Queue, Claim], None]
) -> None:
    claim = notes.running(target="notes")
    notes.admin.execute(IMPOSTORS[impostor])
    with raises("IJ503"):
        step(notes, claim)
    assert evidence(notes) == []


@pytest.mark.parametrize("impostor", IMPOSTORS)
def test_claim_says_that_the_table_was_replaced(notes: Queue, impostor: str) -> None:
    assert notes.running(target="notes").value["target"]["replaced"] is False
    notes.admin.execute(IMPOSTORS[impostor])
    target = notes.running(target="notes").value["target"]
    assert (target["replaced"], target["table"]) == (True, None)
    assert evidence(notes) == []


@pytest.mark.parametrize("impostor", IMPOSTORS)
def test_undo_touches_no_impostor(notes: Queue, impostor: str) -> None:
    claim = notes.running(target="notes")
    notes.open(claim)
    notes.commit(claim)
    notes.finish(claim, 1)
    notes.admin.execute(IMPOSTORS[impostor])
    with raises("IJ112"):
        notes.admin.execute("select importer.undo_import_job(%s)", [claim.id])
    assert evidence(notes) == []


@pytest.mark.parametrize("impostor", IMPOSTORS)
def test_undo_of_an_owner_touches_no_impostor(notes: Queue, impostor: str) -> None:
    notes.admin.execute("update public.import_targets set undo_days = 1")
    claim = notes.running(target="notes", created_by=OWNER)
    notes.open(claim)
    notes.commit(claim)
    notes.finish(claim, 1)
    with notes.user() as owner:
        owner.execute("select public.undo_import_job(%s)", [claim.id])
    (request,) = notes.processor.execute("select importer.claim_undos(1)").fetchone()
    notes.admin.execute(IMPOSTORS[impostor])
    with raises("IJ112"):
        notes.processor.execute("select importer.begin_undo(%s, %s)", [claim.id, request["token"]])
    assert evidence(notes) == []


def test_count_for_an_undo_is_that_of_the_rows_of_the_job(notes: Queue) -> None:
    claim = notes.running(target="notes", created_by=OWNER)
    query = """
    select importer.count_rows_of_job(j, importer.describe_target('notes'), 'app.notes')
    from public.import_jobs as j where j.id = %s
    """
    notes.admin.execute("insert into app.notes values (1, 'a', %s), (2, 'b', null)", [claim.id])
    assert notes.value(query, claim.id) == 1


@pytest.mark.parametrize("impostor", IMPOSTORS)
def test_end_of_a_job_reads_no_impostor(notes: Queue, impostor: str) -> None:
    claim = notes.running(target="notes")
    notes.open(claim)
    notes.commit(claim)
    notes.admin.execute(IMPOSTORS[impostor])
    notes.finish(claim, 1)
    assert evidence(notes) == []


@pytest.mark.parametrize("impostor", IMPOSTORS)
def test_change_of_the_target_grants_nothing_on_an_impostor(notes: Queue, impostor: str) -> None:
    notes.admin.execute(IMPOSTORS[impostor])
    notes.admin.execute("update public.import_targets set max_running_jobs = 2")
    assert notes.value("select has_any_column_privilege('import_processor', 'app.notes', 'insert')") is False
    with raises("IJ503"):
        holds(notes, notes.running(target="notes"))


@pytest.mark.parametrize("impostor", ["view", "view after a drop", "materialized view"])
def test_view_is_never_registered(notes: Queue, impostor: str) -> None:
    notes.admin.execute(IMPOSTORS[impostor])
    with raises("IJ503"):
        notes.admin.execute("select importer.register_target('app.notes')")
    with raises("IJ113"):
        notes.admin.execute(
            "insert into public.import_targets (name, \"table\", columns) values ('v', 'app.notes', '{}')"
        )


def test_another_owner_ends_jobs(notes: Queue) -> None:
    claim = notes.running(target="notes")
    with psycopg.connect(notes.db.superuser_url, autocommit=True) as superuser:
        superuser.execute("alter table app.notes owner to supabase_admin")
        with raises("IJ503"):
            holds(notes, claim)
        superuser.execute("drop table app.notes")


def test_table_that_is_registered_again_is_used(notes: Queue) -> None:
    notes.admin.execute("drop table app.notes; create table app.notes (id bigint, body text, import_job_id uuid)")
    notes.admin.execute("select importer.register_target('app.notes')")
    claim = notes.running(target="notes")
    holds(notes, claim)
    assert claim.value["target"]["table"] == "notes"
    assert notes.value("select has_column_privilege('import_processor', 'app.notes', 'body', 'insert')") is True


def test_target_that_is_given_another_table_uses_that_one(notes: Queue) -> None:
    notes.admin.execute("create table app.others (id bigint, body text, import_job_id uuid)")
    notes.admin.execute("update public.import_targets set \"table\" = 'app.others'")
    holds(notes, notes.running(target="notes"))


def test_table_stays_in_its_place_until_the_transaction_ends(notes: Queue) -> None:
    claim = notes.running(target="notes")
    with notes.processor.transaction():
        holds(notes, claim)
        for statement in ("alter table app.notes rename to hidden", "drop table app.notes"):
            with raises("55P03"):
                notes.admin.execute(f"set lock_timeout = '50ms'; {statement}")
    notes.admin.execute("reset lock_timeout; alter table app.notes rename to hidden")


@pytest.mark.parametrize("step", [holds, keeps])
def test_other_token_holds_nothing(notes: Queue, step: Callable[[Queue, Claim], None]) -> None:
    claim = notes.running(target="notes")
    with raises("IJ103"):
        step(notes, Claim(claim.id, claim.id, {}))
    notes.expire(claim)
    with raises("IJ103"):
        step(notes, claim)


def test_migrate_accepts_tables_that_were_restored(notes: Queue) -> None:
    assert migrate.renew_target_tables(notes.db.admin_url) == []
    notes.admin.execute("drop table app.notes; create table app.notes (id bigint, body text, import_job_id uuid)")
    assert migrate.renew_target_tables(notes.db.admin_url) == ["notes"]
    holds(notes, notes.running(target="notes"))


@pytest.mark.parametrize("impostor", ["view", "view after a drop", "materialized view", "partitioned table"])
def test_migrate_does_not_accept_another_kind(notes: Queue, impostor: str) -> None:
    notes.admin.execute(IMPOSTORS[impostor])
    assert migrate.renew_target_tables(notes.db.admin_url) == []


def test_migrate_does_not_accept_another_owner(notes: Queue) -> None:
    with psycopg.connect(notes.db.superuser_url, autocommit=True) as superuser:
        superuser.execute("drop table app.notes; create table app.notes (id bigint, body text, import_job_id uuid)")
        assert migrate.renew_target_tables(notes.db.superuser_url) == []
        superuser.execute("drop table app.notes")
