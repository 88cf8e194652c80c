"""A job that fails because of its rows says what most of them were rejected by."""

from uuid import UUID, uuid4

import pytest

from tests.acceptance.conftest import Stack

NO_OWNER = "the column does not accept nulls, and the job has no owner"


def messages(stack: Stack, job: dict[str, object]) -> set[tuple[str, str | None, str]]:
    """Return code, column and message of the job's rejections."""
    rows = stack.sql("select code, column_name, message from public.import_job_errors where job_id = %s", job["id"])
    return {(row["code"], row["column_name"], row["message"]) for row in rows}


@pytest.mark.parametrize("options", [{}, {"atomic": True}, {"dry_run": True}], ids=str)
def test_foreign_key_is_named_as_the_cause_with_its_count(stack: Stack, options: dict[str, object]) -> None:
    parent = stack.table("id integer primary key")
    table = stack.table(f"id integer, p integer constraint to_parent references public.{parent}")
    job = stack.run(b"id,p\n1,7\n2,8\n3,9\n4,x\n5,6\n", table, options)
    assert (job["status"], job["error_code"]) == ("failed", "IJ421")
    assert job["error_message"] == (
        "all 5 rows were rejected; most often (4 of them) by IJ411: "
        'the row refers to a row that does not exist "to_parent"'
    )


@pytest.mark.parametrize(
    ("rows", "code", "column"),
    [
        (b"x,1\ny,1\n1,\n", "IJ403", "id"),
        (b"1,\n2,\n3,99999999999\n", "IJ404", "n"),
        (b"1,99999999999\n2,99999999999\nx,1\n", "IJ405", "n"),
        (b"1,1,1\n2,2,2\n", "IJ402", None),
    ],
)
def test_any_cause_is_named_with_its_column(stack: Stack, rows: bytes, code: str, column: str | None) -> None:
    table = stack.table("id integer, n integer not null")
    job = stack.run(b"id,n\n" + rows, table)
    assert job["error_code"] == "IJ421"
    where = f" in column {column}: " if column else ": "
    assert f"most often (2 of them) by {code}{where}" in job["error_message"]


def test_too_many_rejections_name_their_cause(stack: Stack) -> None:
    table = stack.table("id integer, n integer")
    job = stack.run(b"id,n\n1,1\n2,x\n3,y\nz,4\n", table, {"max_errors": 1})
    assert job["error_code"] == "IJ420"
    assert "most often (2 of them) by IJ403 in column n" in job["error_message"]


@pytest.mark.parametrize("default", ["", "default auth.uid()"])
@pytest.mark.parametrize("options", [{}, {"atomic": True}, {"dry_run": True}], ids=str)
def test_job_without_owner_names_the_owner_column(stack: Stack, default: str, options: dict[str, object]) -> None:
    table = stack.table(f"id integer, owner uuid not null {default}", owner_column="owner")
    job = stack.run(b"id\n1\n2\n", table, options)
    assert (job["status"], job["error_code"]) == ("failed", "IJ421")
    assert messages(stack, job) == {("IJ404", "owner", NO_OWNER)}
    assert job["error_message"].endswith(f"by IJ404 in column owner: {NO_OWNER}")


def test_job_without_owner_names_the_owner_column_in_an_upsert(stack: Stack) -> None:
    table = stack.table(
        "id integer primary key, owner uuid not null", mode="upsert", key_columns=["id"], owner_column="owner"
    )
    job = stack.run(b"id\n1\n2\n", table)
    assert messages(stack, job) == {("IJ404", "owner", NO_OWNER)}


def test_job_with_an_owner_fills_the_owner_column(stack: Stack) -> None:
    user = uuid4()
    table = stack.table("id integer, owner uuid not null", owner_column="owner", run_as="processor")
    assert stack.run_as(user, b"id\n1\n", table)["status"] == "completed"
    assert stack.rows(table) == [(1, UUID(str(user)))]


def test_null_of_a_trigger_in_another_table_names_that_table(stack: Stack) -> None:
    audit = stack.table("who text not null")
    table = stack.table("id integer")
    stack.sql(
        f"create function public.f_{table}() returns trigger language plpgsql as"
        f" $$ begin insert into public.{audit} values (null); return new; end $$"
    )
    stack.sql(f"create trigger t before insert on public.{table} for each row execute function public.f_{table}()")
    stack.sql(f"grant insert on public.{audit} to import_processor")
    job = stack.run(b"id\n1\n", table)
    assert messages(stack, job) == {("IJ404", None, f'the column does not accept nulls: "{audit}.who"')}
