"""Check what the job's owner may do before anything is downloaded with a key that may read everything."""

import psycopg
from psycopg import errors

from processor.errors import NotAllowed, NotReadable, ObjectNotFound
from processor.model import Job
from processor.queue import claims
from processor.run.access.identity import acting, owner_identity

VISIBLE = "select exists (select from storage.objects where bucket_id = %s and name = %s)"


def check_permission(conn: psycopg.Connection, job: Job) -> None:
    """Check that the owner may use the target and may read the file that the job names.

    Raises: psycopg.Error with SQLSTATE IJ601, NotAllowed, NotReadable; ObjectNotFound for a file in the owner's own
    folder that the owner cannot see.
    """
    if job.claims is None:
        if job.owner is not None:
            raise NotAllowed("the rights of the job's owner are not known", hint="Retry the job as its owner.")
        return
    claims.check_admission(conn, job)
    if may_read(conn, job):
        return
    if in_own_folder(job):
        raise ObjectNotFound("Storage has no such object that the job's owner may read")
    raise NotReadable("the job's owner may not read the file")


def may_read(conn: psycopg.Connection, job: Job) -> bool:
    """Return whether the owner may read the file, by the row security of Storage's own table.

    Where this database has no Storage, the owner may read the files below a folder of the owner's own.
    """
    try:
        with conn.transaction(), acting(conn, owner_identity(job)):
            row = conn.execute(VISIBLE, (job.bucket_id, job.object_path)).fetchone()
    except (errors.UndefinedTable, errors.InvalidSchemaName):
        return in_own_folder(job)
    return bool(row and row[0])


def in_own_folder(job: Job) -> bool:
    """Return whether the file is below a folder named by the owner's id in the bucket of imports."""
    return job.bucket_id == "imports" and job.object_path.startswith(f"{job.owner}/")
