"""Claims and leases: take a job, keep it, and end the attempt."""

import time
from collections.abc import Sequence
from typing import Any, LiteralString
from uuid import UUID

import psycopg
from psycopg.types.json import Jsonb

from processor.errors import JobError
from processor.model import ArtifactPaths, Column, Job, Target

CLAIM = "select importer.claim_jobs(%s, %s, %s, %s)"
CLAIM_INSPECTIONS = "select importer.claim_inspections(%s, %s, %s, %s)"
RENEW = "select importer.renew_lease(%s, %s, %s, %s)"
END_FORMER_SESSIONS = "select importer.end_former_sessions(%s, %s, %s)"
CHECK_ADMISSION = "select importer.check_admission(%s, %s)"
POSTPONE = "select importer.postpone_job(%s, %s, %s)"
RELEASE = "select importer.release_job(%s, %s)"
FINISH = """select importer.finish_job(
  job_id => %(job_id)s, token => %(token)s, records => %(records)s, file_sha256 => %(sha256)s, report => %(report)s,
  errors_path => %(errors_path)s, output_path => %(output_path)s
)"""
FAIL = """select importer.fail_job(
  job_id => %(job_id)s, token => %(token)s, code => %(code)s, message => %(message)s, hint => %(hint)s,
  transient => %(transient)s, report => %(report)s, errors_path => %(errors_path)s, params => %(params)s
)"""
#: Not defaults of the processor: the insert copies those of the target into the job, because its states in SQL depend
#: on them; and no target makes its jobs inspections.
_FIXED_AT_INSERT = ("atomic", "dry_run", "delete_source", "inspect")


def claim(conn: psycopg.Connection, worker: str, max_jobs: int, lease_seconds: int, session: int) -> list[Job]:
    """Take up to `max_jobs` due jobs for a worker with this session (0: none); the claim counts the attempt."""
    return _claimed(conn, CLAIM, (worker, max_jobs, lease_seconds, session))


def claim_inspections(
    conn: psycopg.Connection, worker: str, max_jobs: int, lease_seconds: int, session: int
) -> list[Job]:
    """Take up to `max_jobs` inspections, as `claim` takes imports."""
    return _claimed(conn, CLAIM_INSPECTIONS, (worker, max_jobs, lease_seconds, session))


def _claimed(conn: psycopg.Connection, statement: LiteralString, parameters: Sequence[object]) -> list[Job]:
    started = time.monotonic()
    rows = conn.execute(statement, parameters).fetchall()
    seconds = time.monotonic() - started
    return [read_job(value, seconds) for (value,) in rows]


def read_job(value: dict[str, Any], claim_seconds: float = 0.0) -> Job:
    """Turn a row of `importer.claim_jobs` into a Job."""
    target = read_target(value["target"]) if value["target"] else None
    implied = {"output": True} if target and target.mode == "none" else {}
    return Job(
        id=UUID(value["id"]),
        token=UUID(value["token"]),
        attempt=value["attempt"],
        bucket_id=value["bucket_id"],
        object_path=value["object_path"],
        target_name=value["target_name"],
        target=target,
        own_options=value["options"],
        options={**implied, **default_options(target), **value["options"]},
        owner=UUID(value["owner"]) if value["owner"] else None,
        role=value["role"] or "",
        claims=value["claims"],
        last=value["last"],
        fresh=value["fresh"],
        expected_sha256=value["expected_sha256"],
        age=value["age"],
        waited=value["waited"],
        claim_seconds=claim_seconds,
    )


def read_target(value: dict[str, Any]) -> Target:
    """Turn what `importer.describe_target` returns into a Target."""
    return Target(
        name=value["name"],
        schema=value["schema"],
        table=value["table"],
        columns=tuple(read_column(column) for column in value["columns"]),
        missing=tuple(value["missing"]),
        options=value["options"],
        settings=value["settings"],
        mode=value["mode"],
        key_columns=tuple(value["key_columns"]),
        update_columns=None if value["update_columns"] is None else tuple(value["update_columns"]),
        on_duplicate_key=value["on_duplicate_key"],
        owner_column=value["owner_column"],
        provenance_column=value["provenance_column"],
        run_as=value["run_as"],
        row_security=value["row_security"],
        has_triggers=value["has_triggers"],
        on_duplicate_file=value["on_duplicate_file"],
        missing_privileges=tuple((privilege, column) for privilege, column in value["missing_privileges"] or ()),
        types=value["types"] or {},
        replaced=value["replaced"],
    )


def read_column(value: dict[str, Any]) -> Column:
    """Turn a column in what `importer.describe_target` returns into a Column."""
    return Column(
        name=value["name"],
        type=value["type"],
        base=value["base"],
        kind=value["kind"],
        not_null=value["not_null"],
        required=value["required"],
        labels=tuple(value["labels"]),
    )


def default_options(target: Target | None) -> dict[str, Any]:
    """Return the target's defaults for the options of its jobs."""
    options = target.options if target else {}
    return {name: value for name, value in options.items() if name not in _FIXED_AT_INSERT}


def renew(conn: psycopg.Connection, job: Job, lease_seconds: int, session: int) -> bool:
    """Renew a lease, for the session with this key (0: none); return False when the job has another lease or none."""
    row = conn.execute(RENEW, (job.id, job.token, lease_seconds, session)).fetchone()
    return bool(row and row[0])


def end_former_sessions(conn: psycopg.Connection, job: Job, lease_seconds: int) -> int:
    """End the sessions in which earlier holders of the job still have a transaction open; return their number."""
    row = conn.execute(END_FORMER_SESSIONS, (job.id, job.token, lease_seconds)).fetchone()
    return int(row[0]) if row else 0


def check_admission(conn: psycopg.Connection, job: Job) -> None:
    """Check that the job's owner may import into its target.

    Raises: psycopg.Error with SQLSTATE IJ601.
    """
    conn.execute(CHECK_ADMISSION, (job.id, job.token))


def postpone(conn: psycopg.Connection, job: Job, seconds: float) -> None:
    """Put the job back for some time without counting the attempt."""
    conn.execute(POSTPONE, (job.id, job.token, seconds))


def release(conn: psycopg.Connection, job: Job) -> None:
    """Put the job back at once without counting the attempt."""
    conn.execute(RELEASE, (job.id, job.token))


def finish(
    conn: psycopg.Connection,
    job: Job,
    *,
    records: int,
    sha256: str | None,
    report: dict[str, Any],
    paths: ArtifactPaths,
) -> None:
    """Complete the job, in a transaction of the caller's.

    Raises: psycopg.Error with SQLSTATE IJ902 when the counts do not agree, IJ103 without a lease.
    """
    conn.execute(
        FINISH,
        {
            "job_id": job.id,
            "token": job.token,
            "records": records,
            "sha256": sha256,
            "report": Jsonb(report),
            "errors_path": paths.errors,
            "output_path": paths.output,
        },
    )


def fail(
    conn: psycopg.Connection, job: Job, error: JobError, report: dict[str, Any] | None, paths: ArtifactPaths
) -> str:
    """End the attempt with an error; return the status that the job has now, `pending` or `failed`."""
    row = conn.execute(
        FAIL,
        {
            "job_id": job.id,
            "token": job.token,
            "code": error.code,
            "message": error.message,
            "hint": error.advice,
            "transient": error.transient,
            "report": None if report is None else Jsonb(report),
            "errors_path": paths.errors,
            "params": Jsonb(error.params) if error.params else None,
        },
    ).fetchone()
    return str(row[0]) if row else ""
