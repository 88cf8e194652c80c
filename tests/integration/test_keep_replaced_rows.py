"""importer.keep_replaced_rows: rows are saved before they are replaced, and only administrators can read them."""

from typing import Any

import pytest

from tests.integration.queue_harness import OTHER, OWNER, Claim, Queue, raises

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


def test_rows_of_the_owner_are_saved(notes: Queue) -> None:
    claim = notes.running(target="notes", created_by=OWNER)
    assert keep(notes, claim) == 2
    assert kept(notes, claim) == [(1, 1.5), (4, 4)]


def test_all_rows_are_saved_for_a_job_without_an_owner(notes: Queue) -> None:
    claim = notes.running(target="notes")
    assert keep(notes, claim) == 4
    assert [row[0] for row in kept(notes, claim)] == [1, 2, 3, 4]


def test_no_rows_give_an_empty_table(notes: Queue) -> None:
    notes.admin.execute("delete from app.notes")
    claim = notes.running(target="notes")
    assert keep(notes, claim) == 0
    assert kept(notes, claim) == []


def test_generated_and_dropped_columns_are_not_saved(notes: Queue) -> None:
    claim = notes.running(target="notes")
    keep(notes, claim)
    rows = notes.admin.execute(
        "select attname, format_type(atttypid, atttypmod) from pg_attribute"
        f" where attrelid = 'importer.replaced_{claim.id.hex}'::regclass and attnum > 0 order by attnum"
    )
    assert rows.fetchall() == [("#row", "bigint"), ("id", "bigint"), ("owner", "uuid"), ("odd name", "numeric(6,2)")]


def test_second_call_saves_the_rows_again(notes: Queue) -> None:
    claim = notes.running(target="notes")
    keep(notes, claim)
    notes.admin.execute("delete from app.notes where id > 1")
    assert keep(notes, claim) == 1
    assert kept(notes, claim) == [(1, 1.5)]


def test_target_is_not_changed(notes: Queue) -> None:
    keep(notes, notes.running(target="notes"))
    assert notes.value("select count(*) from app.notes") == 4


def test_user_may_not_replace_the_rows_of_all_owners(notes: Queue) -> None:
    notes.admin.execute("update public.import_targets set owner_column = null")
    claim = notes.running(target="notes", created_by=OWNER)
    with raises("IJ601"):
        keep(notes, claim)


def test_target_that_runs_as_the_processor_lets_users_replace_all_rows(notes: Queue) -> None:
    notes.admin.execute("update public.import_targets set owner_column = null, run_as = 'processor'")
    assert keep(notes, notes.running(target="notes", created_by=OWNER)) == 4


def test_administrators_job_needs_no_owner_column(notes: Queue) -> None:
    notes.admin.execute("update public.import_targets set owner_column = null")
    assert keep(notes, notes.running(target="notes")) == 4


def test_rows_under_forced_row_security_are_saved(notes: Queue) -> None:
    notes.admin.execute(
        "alter table app.notes enable row level security; alter table app.notes force row level security"
    )
    assert keep(notes, notes.running(target="notes")) == 4


@pytest.mark.parametrize("open_by_default", [False, True])
@pytest.mark.parametrize("role", ["anon", "authenticated", "service_role", "import_processor"])
def test_no_other_role_may_read_the_saved_rows(notes: Queue, role: str, open_by_default: bool) -> None:
    if open_by_default:
        notes.admin.execute("alter default privileges in schema importer grant all on tables to anon, service_role")
    claim = notes.running(target="notes")
    keep(notes, claim)
    with notes.db.connect(role) as conn, raises("42501"):
        conn.execute(f"select from importer.replaced_{claim.id.hex}")
    notes.admin.execute("alter default privileges in schema importer revoke all on tables from anon, service_role")
    table = f"importer.replaced_{claim.id.hex}"
    assert notes.value("select has_table_privilege(%s, %s::regclass, 'select')", role, table) is False


def test_dropped_table_raises_ij503(notes: Queue) -> None:
    claim = notes.running(target="notes")
    notes.admin.execute("drop table app.notes")
    with raises("IJ503"):
        keep(notes, claim)


def test_without_a_lease_ij103_is_raised(notes: Queue) -> None:
    claim = notes.running(target="notes")
    notes.expire(claim)
    with raises("IJ103"):
        keep(notes, claim)
    assert notes.value("select to_regclass('importer.replaced_' || %s)", claim.id.hex) is None
