"""importer.prepare_staging_table: the table in which an all-or-nothing job collects its rows."""

import pytest
from psycopg import errors
from psycopg.types.json import Jsonb

from tests.integration.queue_harness import Claim, Queue, raises

PEOPLE = """
create schema app;
create table app.people (
  id bigint generated always as identity primary key, name varchar(3) not null, "odd one" numeric(4, 1), age integer
);
select importer.register_target('app.people');
"""


@pytest.fixture
def claim(queue: Queue) -> Claim:
    queue.admin.execute(PEOPLE)
    return queue.running()


def prepare(queue: Queue, claim: Claim, *columns: str) -> str:
    statement = "select importer.prepare_staging_table(%s, %s, %s)"
    return queue.processor.execute(statement, [claim.id, claim.token, list(columns)]).fetchone()[0]


def test_staging_table_is_named_after_the_job(queue: Queue, claim: Claim) -> None:
    assert prepare(queue, claim, "name") == f"staging_{claim.id.hex}"


def test_columns_are_the_numbers_and_the_given_columns_in_the_order_of_the_table(queue: Queue, claim: Claim) -> None:
    stage = prepare(queue, claim, "age", "odd one", "name")
    rows = queue.admin.execute(
        "select attname, format_type(atttypid, atttypmod) from pg_attribute"
        " where attrelid = ('importer.' || %s)::regclass and attnum > 0 order by attnum",
        [stage],
    )
    assert rows.fetchall() == [
        ("#record", "bigint"),
        ("#line", "bigint"),
        ("name", "character varying(3)"),
        ("odd one", "numeric(4,1)"),
        ("age", "integer"),
    ]


def test_processor_may_only_copy_read_and_delete(queue: Queue, claim: Claim) -> None:
    stage = prepare(queue, claim, "name")
    with queue.processor.cursor().copy(f'copy importer.{stage} ("#record", "#line", name) from stdin') as copy:
        copy.write_row([1, 2, "Ana"])
    assert queue.processor.execute(f"select name from importer.{stage}").fetchall() == [("Ana",)]
    assert queue.processor.execute(f"delete from importer.{stage}").rowcount == 1
    with raises("42501"):
        queue.processor.execute(f"update importer.{stage} set name = 'x'")


@pytest.mark.parametrize("role", ["anon", "authenticated", "service_role"])
def test_no_other_role_may_read_the_staging_table(queue: Queue, claim: Claim, role: str) -> None:
    stage = prepare(queue, claim, "name")
    with queue.db.connect(role) as conn, raises("42501"):
        conn.execute(f"select from importer.{stage}")
    assert queue.value("select has_table_privilege(%s, %s::regclass, 'select')", role, f"importer.{stage}") is False


def test_record_can_be_staged_once(queue: Queue, claim: Claim) -> None:
    stage = prepare(queue, claim, "name")
    queue.processor.execute(f"insert into importer.{stage} values (1, 2, 'a')")
    with pytest.raises(errors.UniqueViolation):
        queue.processor.execute(f"insert into importer.{stage} values (1, 2, 'a')")


def test_staging_table_without_committed_chunks_is_created_again(queue: Queue, claim: Claim) -> None:
    stage = prepare(queue, claim, "name")
    queue.processor.execute(f"insert into importer.{stage} values (1, 2, 'a')")
    assert prepare(queue, claim, "age") == stage
    assert queue.processor.execute(f"select * from importer.{stage}").fetchall() == []


def test_staging_table_with_committed_chunks_is_kept(queue: Queue, claim: Claim) -> None:
    stage = prepare(queue, claim, "name")
    queue.processor.execute(f"insert into importer.{stage} values (1, 2, 'a')")
    queue.open(claim)
    queue.commit(claim)
    assert prepare(queue, claim, "name") == stage
    assert queue.processor.execute(f"select name from importer.{stage}").fetchall() == [("a",)]


def test_job_with_rows_in_the_target_cannot_start_staging(queue: Queue, claim: Claim) -> None:
    queue.open(claim)
    queue.commit(claim)
    with raises("IJ504"):
        prepare(queue, claim, "name")


@pytest.mark.parametrize(
    ("given", "then"),
    [
        ({}, {"atomic": True}),
        ({"atomic": False}, {"atomic": True}),
        ({"dry_run": True}, {"dry_run": True}),
        ({"atomic": True, "trim": True}, {"atomic": True, "trim": True}),
    ],
)
def test_job_becomes_all_or_nothing(
    queue: Queue, claim: Claim, given: dict[str, object], then: dict[str, object]
) -> None:
    queue.admin.execute("update public.import_jobs set options = %s", [Jsonb(given)])
    prepare(queue, claim, "name")
    assert queue.row(claim.id, "options") == then


def test_dropped_table_raises_ij503(queue: Queue, claim: Claim) -> None:
    queue.admin.execute("drop table app.people")
    with raises("IJ503"):
        prepare(queue, claim, "name")


def test_without_a_lease_ij103_is_raised(queue: Queue, claim: Claim) -> None:
    queue.expire(claim)
    with raises("IJ103"):
        prepare(queue, claim, "name")
    assert queue.value("select to_regclass('importer.staging_' || %s)", claim.id.hex) is None
