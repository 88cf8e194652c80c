"""Import on upload with a whole stack: a file that is uploaded to a folder is imported, and its artifacts are not."""

from uuid import UUID, uuid4

from tests.acceptance.conftest import Stack
from tests.waiting import until


def jobs_of(stack: Stack, user: UUID) -> list[UUID]:
    return [row["id"] for row in stack.sql("select id from public.import_jobs where created_by = %s", user)]


def test_uploaded_file_is_imported_for_the_folders_owner(stack: Stack) -> None:
    """The bad row leaves errors.csv in the folder, by the processor's key like the upload, and no second job."""
    user, table = uuid4(), stack.table("a integer, b text")
    stack.sql(f"grant insert, select on public.{table} to authenticated")
    stack.sql(
        "insert into public.import_folders (path_prefix, target, owner) values (%s, %s, %s)",
        f"{user}/inbox/",
        table,
        user,
    )
    path = stack.upload(b"a,b\n1,x\nbad,y\n", "people.csv", folder=f"{user}/inbox")
    (job_id,) = until(lambda: jobs_of(stack, user), "a job of the upload")
    job = stack.wait(job_id)
    assert (job["status"], job["object_path"], job["file_name"]) == ("completed", path, "people.csv")
    assert (job["rows_loaded"], job["rows_rejected"], stack.rows(table)) == (1, 1, [(1, "x")])
    assert job["errors_path"].startswith(f"{user}/inbox/")
    assert b"bad,y" in stack.download(job["errors_path"])
    assert jobs_of(stack, user) == [job_id]
    (folder,) = stack.sql("select last_error from public.import_folders where owner = %s", user)
    assert folder["last_error"] is None
