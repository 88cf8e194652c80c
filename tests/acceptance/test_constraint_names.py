"""The message of a rejection by a constraint names the constraint and does not quote the value."""

import pytest

from tests.acceptance.conftest import Stack

FILE = b"""id,amount,parent,span
1,10,1,"[1,5)"
1,10,1,"[6,7)"
2,-10,1,"[8,9)"
3,10,99,"[10,11)"
4,10,1,"[2,3)"
5,10,1,"[20,30)"
"""


@pytest.mark.parametrize("options", [{}, {"atomic": True}], ids=["plain", "atomic"])
def test_rejection_names_its_constraint(stack: Stack, options: dict[str, object]) -> None:
    parent = stack.table("id integer primary key")
    stack.sql(f"insert into public.{parent} values (1)")
    table = stack.table(
        f"id integer constraint {parent}_one_each unique, amount integer constraint positive check (amount > 0), "
        f"parent integer constraint known references public.{parent}, "
        f"span int4range, constraint {parent}_apart exclude using gist (span with &&)"
    )
    job = stack.run(FILE, table, options)
    assert (job["status"], job["rows_loaded"], job["rows_rejected"]) == ("completed", 2, 4)
    rejections = stack.sql(
        "select line_number, code, message from public.import_job_errors where job_id = %s order by line_number",
        job["id"],
    )
    assert [(row["line_number"], row["code"], row["message"].split('"')[1]) for row in rejections] == [
        (3, "IJ410", f"{parent}_one_each"),
        (4, "IJ412", "positive"),
        (5, "IJ411", "known"),
        (6, "IJ413", f"{parent}_apart"),
    ]
    errors = stack.download(job["errors_path"]).decode()
    assert all(name in errors for name in (f"{parent}_one_each", "positive", "known", f"{parent}_apart"))
