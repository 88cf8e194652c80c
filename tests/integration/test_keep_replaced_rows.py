"""importer.keep_replaced_rows: what a job is about to exchange is saved, and nobody but the administrator reads it."""

from typing import Any

import pytest

from tests.integration.queue_harness import OTHER, OWNER, Claim, Queue, refused

TABLE = f"""
create schema app;
create table app.notes (
  id bigint generated always as identity primary key,
  owner uuid,
  "odd name" numeric(6, 2) not null,
  twice numeric generated always as ("odd name" * 2) stored,
  gone text
);
alter table app.notes drop column gone;
insert into app.notes (owner, "odd name") values ('{OWNER}', 1.5), ('{OTHER}', 2), (null, 3), ('{OWNER}', 4);
select importer.register_target('app.notes', mode => 'replace', owner_column => 'owner');
"""


@pytest.fixture
def notes(queue: Queue) -> Queue:
    queue.admin.execute(TABLE)
    return queue


def keep(queue: Queue, claim: Claim) -> int:
    return queue.processor.execute("select importer.keep_replaced_rows(%s, %s)", [claim.id, claim.token]).fetchone()[0]


def kept(queue: Queue, claim: Claim, columns: str = 'id, "odd name"') -> list[tuple[Any, ...]]:
    return queue.admin.execute(f'select {columns} from importer.replaced_{claim.id.hex} order by "#row"').fetchall()


def test_owners_rows_are_kept(notes: Queue) -> None:
    claim = notes.running(target="notes", created_by=OWNER)
    assert keep(notes, claim) == 2
    assert kept(notes, claim) == [(1, 1.5), (4, 4)]


def test_all_rows_are_kept_for_a_job_without_an_owner(notes: Queue) -> None:
    claim = notes.running(target="notes")
    assert keep(notes, claim) == 4
    assert [row[0] for row in kept(notes, claim)] == [1, 2, 3, 4]


def test_no_row_makes_an_empty_table(notes: Queue) -> None:
    notes.admin.execute("delete from app.notes")
    claim = notes.running(target="notes")
    assert keep(notes, claim) == 0
    assert kept(notes, claim) == []


def test_columns_are_those_that_can_be_put_back(notes: Queue) -> None:
    claim = notes.running(target="notes")
    keep(notes, claim)
    rows = notes.admin.execute(
        "select attname, format_type(atttypid, atttypmod) from pg_attribute"
        f" where attrelid = 'importer.replaced_{claim.id.hex}'::regclass and attnum > 0 order by attnum"
    )
    assert rows.fetchall() == [("#row", "bigint"), ("id", "bigint"), ("owner", "uuid"), ("odd name", "numeric(6,2)")]


def test_former_table_is_replaced(notes: Queue) -> None:
    claim = notes.running(target="notes")
    keep(notes, claim)
    notes.admin.execute("delete from app.notes where id > 1")
    assert keep(notes, claim) == 1
    assert kept(notes, claim) == [(1, 1.5)]


def test_target_stays_as_it_is(notes: Queue) -> None:
    keep(notes, notes.running(target="notes"))
    assert notes.value("select count(*) from app.notes") == 4


def test_user_cannot_replace_the_rows_of_all(notes: Queue) -> None:
    notes.admin.execute("update public.import_targets set owner_column = null")
    claim = notes.running(target="notes", created_by=OWNER)
    with refused("IJ601"):
        keep(notes, claim)


def test_administrator_may_let_users_replace_the_rows_of_all(notes: Queue) -> None:
    notes.admin.execute("update public.import_targets set owner_column = null, run_as = 'processor'")
    assert keep(notes, notes.running(target="notes", created_by=OWNER)) == 4


def test_administrators_job_needs_no_owner_column(notes: Queue) -> None:
    notes.admin.execute("update public.import_targets set owner_column = null")
    assert keep(notes, notes.running(target="notes")) == 4


def test_rows_that_row_security_hides_from_others_are_kept(notes: Queue) -> None:
    notes.admin.execute(
        "alter table app.notes enable row level security; alter table app.notes force row level security"
    )
    assert keep(notes, notes.running(target="notes")) == 4


@pytest.mark.parametrize("open_by_default", [False, True])
@pytest.mark.parametrize("role", ["anon", "authenticated", "service_role", "import_processor"])
def test_nobody_reads_what_is_kept(notes: Queue, role: str, open_by_default: bool) -> None:
    if open_by_default:
        notes.admin.execute("alter default privileges in schema importer grant all on tables to anon, service_role")
    claim = notes.running(target="notes")
    keep(notes, claim)
    with notes.db.connect(role) as conn, refused("42501"):
        conn.execute(f"select from importer.replaced_{claim.id.hex}")
    notes.admin.execute("alter default privileges in schema importer revoke all on tables from anon, service_role")
    table = f"importer.replaced_{claim.id.hex}"
    assert notes.value("select has_table_privilege(%s, %s::regclass, 'select')", role, table) is False


def test_table_that_is_gone_has_a_code(notes: Queue) -> None:
    claim = notes.running(target="notes")
    notes.admin.execute("drop table app.notes")
    with refused("IJ503"):
        keep(notes, claim)


def test_without_a_lease_it_is_refused(notes: Queue) -> None:
    claim = notes.running(target="notes")
    notes.lapse(claim)
    with refused("IJ103"):
        keep(notes, claim)
    assert notes.value("select to_regclass('importer.replaced_' || %s)", claim.id.hex) is None
