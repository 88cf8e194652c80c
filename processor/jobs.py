"""The queue, as the processor sees it: each function is one call of an SQL function in `importer`.

Connections are in autocommit mode, and a call that stands alone is one round trip: the server commits it even if this
process is paused meanwhile. With a BEGIN and a COMMIT around it, a pause in between kept the queue's locks.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import psycopg
from psycopg.types.json import Jsonb

from processor.errors import JobError
from processor.flow import Chunk, Column, Position

CLAIM = "select importer.claim_jobs(%s, %s, %s)"
RENEW = "select importer.renew_lease(%s, %s, %s)"
END_FORMER = "select importer.end_former_sessions(%s, %s, %s)"
OPEN = "select importer.open_job(%s, %s, %s, %s, %s)"
COMMIT_CHUNK = "select importer.commit_chunk(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"
FINISH = "select importer.finish_job(%s, %s, %s, %s, %s, %s, %s)"
FAIL = "select importer.fail_job(%s, %s, %s, %s, %s, %s, %s, %s)"
REJECTED_RECORDS = "select record_number from importer.rejected_rows(%s)"
REJECTED_ROWS = "select line_number, column_name, code, message, raw from importer.rejected_rows(%s)"
REJECTED_COUNTS = "select column_name, code, count(*) from importer.rejected_rows(%s) group by 1, 2"
KEEP_FIGURES = "select importer.keep_figures(%s, %s, %s, %s)"
KEEP_PREVIEW = "select importer.keep_preview(%s, %s, %s)"
PREPARE_STAGE = "select importer.prepare_stage(%s, %s, %s)"
REJECT_STAGED = "select importer.reject_staged(%s, %s, %s, %s)"
FINISH_STAGE = "select importer.finish_stage(%s, %s)"
PREPARE_KEYS = "select importer.prepare_keys(%s, %s, %s)"
PASS_OVER = "select importer.pass_over(%s, %s, %s)"  # noqa: S105 - the name of a function
KEEP_REPLACED = "select importer.keep_replaced(%s, %s)"
ADMIT = "select importer.admit_job(%s)"
CLAIM_FILE = "select importer.claim_file(%s, %s, %s)"
SKIP_DUPLICATE = "select importer.skip_duplicate(%s, %s, %s)"
POSTPONE = "select importer.postpone_job(%s, %s, %s)"
GIVE_BACK = "select importer.give_back_job(%s, %s)"
SWEEP = "select job_id, action from importer.sweep_import_jobs()"
SOURCES_TO_DELETE = "select job_id, bucket_id, object_path from importer.sources_to_delete()"
SOURCE_DELETED = "select importer.source_deleted(%s)"
WAKE_TOKEN = "select importer.wake_token()"  # noqa: S105 - the name of a function


@dataclass(frozen=True, slots=True)
class Target:
    """A registered target as it was at the claim.

    `missing` are registered columns that the table no longer has; `lacking` the privileges (with the column, None: the
    table) that the job's owner has not got on it; `types` those of the owner's and the provenance column.
    """

    name: str
    schema: str | None
    table: str | None
    columns: tuple[Column, ...]
    missing: tuple[str, ...]
    options: dict[str, Any]
    settings: dict[str, Any]
    mode: str = "insert"
    key_columns: tuple[str, ...] = ()
    update_columns: tuple[str, ...] | None = None
    on_duplicate_key: str = "last"
    owner_column: str | None = None
    provenance_column: str | None = None
    run_as: str = "uploader"
    row_security: bool = False
    has_triggers: bool = False
    on_duplicate_file: str = "load"
    lacking: tuple[tuple[str, str | None], ...] = ()
    types: dict[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class Job:
    """A claimed job: what to import, and the token that proves the claim. `attempt` counts from 1, `last` has no other.

    `wishes` are the job's own options, `options` these over the target's defaults. `role` and `claims` are the owner's
    at the insert; claims are None for a job of an administrator or the service. `fresh`: it was never claimed before.
    """

    id: UUID
    token: UUID
    attempt: int
    bucket_id: str
    object_path: str
    target_name: str
    target: Target | None
    wishes: dict[str, Any]
    options: dict[str, Any]
    owner: UUID | None = None
    role: str = ""
    claims: dict[str, Any] | None = None
    last: bool = False
    fresh: bool = False

    @property
    def as_uploader(self) -> bool:
        """Whether the owner's own rights decide what is written."""
        return self.claims is not None and self.target is not None and self.target.run_as == "uploader"


@dataclass(frozen=True, slots=True)
class Tally:
    """What became of records: read = loaded + rejected + skipped; `passed` of the skipped ones are rows, no blanks."""

    loaded: int = 0
    rejected: int = 0
    skipped: int = 0
    passed: int = 0

    @property
    def read(self) -> int:
        """All records that were read."""
        return self.loaded + self.rejected + self.skipped

    def plus(self, other: "Tally") -> "Tally":
        """Add up."""
        return Tally(
            self.loaded + other.loaded,
            self.rejected + other.rejected,
            self.skipped + other.skipped,
            self.passed + other.passed,
        )


@dataclass(frozen=True, slots=True)
class Entry:
    """A chunk in the ledger: `next` is where the following one starts, `chunk_bytes` by what size the file is cut.

    `figures` are those of the report so far; one entry at most has some.
    """

    seq: int
    byte_start: int
    next: Position
    tally: Tally
    chunk_bytes: int = 0
    figures: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Rejected:
    """A rejected row as it is written to `import_job_errors`."""

    record: int
    line: int
    column: str | None
    code: str
    message: str
    raw: str | None


def read_target(value: dict[str, Any]) -> Target:
    """Turn what `importer.describe_target` returns into a Target."""
    columns = tuple(
        Column(c["name"], c["type"], c["base"], c["kind"], c["not_null"], c["required"], tuple(c["labels"]))
        for c in value["columns"]
    )
    return Target(
        value["name"],
        value["schema"],
        value["table"],
        columns,
        tuple(value["missing"]),
        value["options"],
        value["settings"],
        value["mode"],
        tuple(value["key_columns"]),
        None if value["update_columns"] is None else tuple(value["update_columns"]),
        value["on_duplicate_key"],
        value["owner_column"],
        value["provenance_column"],
        value["run_as"],
        value["row_security"],
        value["has_triggers"],
        value["on_duplicate_file"],
        tuple((privilege, column) for privilege, column in value["lacking"] or ()),
        value["types"] or {},
    )


def claim(conn: psycopg.Connection, worker: str, max_jobs: int, lease_seconds: int) -> list[Job]:
    """Take up to `max_jobs` due jobs; the attempt is counted here."""
    rows = conn.execute(CLAIM, (worker, max_jobs, lease_seconds)).fetchall()
    jobs: list[Job] = []
    for (value,) in rows:
        target = read_target(value["target"]) if value["target"] else None
        implied = {"output": True} if target and target.mode == "none" else {}
        jobs.append(
            Job(
                UUID(value["id"]),
                UUID(value["token"]),
                value["attempt"],
                value["bucket_id"],
                value["object_path"],
                value["target_name"],
                target,
                value["options"],
                {**implied, **defaults_of(target), **value["options"]},
                UUID(value["owner"]) if value["owner"] else None,
                value["role"] or "",
                value["claims"],
                value["last"],
                value["fresh"],
            )
        )
    return jobs


def defaults_of(target: Target | None) -> dict[str, Any]:
    """Return the target's defaults; those that decide what a job's states mean were written into it at the insert."""
    options = target.options if target else {}
    return {name: value for name, value in options.items() if name not in ("atomic", "dry_run", "delete_source")}


def renew(conn: psycopg.Connection, job_id: UUID, token: UUID, lease_seconds: int) -> bool:
    """Prolong a lease; False when it no longer holds."""
    row = conn.execute(RENEW, (job_id, token, lease_seconds)).fetchone()
    return bool(row and row[0])


def end_former_sessions(conn: psycopg.Connection, job: Job, lease_seconds: int) -> int:
    """End what former holders of the job still have in transactions; return how many there were."""
    row = conn.execute(END_FORMER, (job.id, job.token, lease_seconds)).fetchone()
    return int(row[0]) if row else 0


def open_job(conn: psycopg.Connection, job: Job, etag: str | None, size: int, dialect: dict[str, Any]) -> list[Entry]:
    """Write the file's identity and dialect; return the ledger, in order.

    Raises: psycopg.Error with SQLSTATE IJ204 when the file is another than at the first attempt, IJ103 without a lease.
    """
    row = conn.execute(OPEN, (job.id, job.token, etag, size, Jsonb(dialect))).fetchone()
    entries: list[dict[str, Any]] = row[0] if row else []
    # The ledger does not tell blank lines from rows that a mode passed over.
    passing = job.target is not None and job.target.mode in ("ignore", "update", "upsert")
    return [
        Entry(
            c["seq"],
            c["byte_start"],
            Position(c["byte_end"], c["next_line"], c["next_record"], c["seq"] + 1),
            Tally(c["rows_loaded"], c["rows_rejected"], c["rows_skipped"], c["rows_skipped"] if passing else 0),
            c["chunk_bytes"],
            c["figures"],
        )
        for c in entries
    ]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a chunk's transaction writes besides its rows.

    `rejected` are all rejected rows, of which the first `kept` are shown to the user; `preview` is None where the chunk
    adds nothing to it.
    """

    chunk: Chunk
    tally: Tally
    bytes_read: int
    rejected: Sequence[Rejected]
    kept: int
    preview: list[dict[str, Any]] | None
    chunk_bytes: int = 0


def commit_chunk(conn: psycopg.Connection, job: Job, outcome: Outcome) -> None:
    """Enter a chunk into the ledger, as the last statement of the transaction that loaded it.

    Raises: psycopg.Error with SQLSTATE IJ103 when the lease is over, 23505 when the chunk is in already.
    """
    chunk, tally = outcome.chunk, outcome.tally
    conn.execute(
        COMMIT_CHUNK,
        (
            job.id,
            job.token,
            chunk.position.seq,
            chunk.position.offset,
            chunk.next.offset,
            chunk.next.line,
            chunk.next.record,
            chunk.records,
            tally.loaded,
            tally.rejected,
            tally.skipped,
            outcome.bytes_read,
            as_json(outcome.rejected),
            outcome.kept,
            None if outcome.preview is None else Jsonb(outcome.preview),
            outcome.chunk_bytes,
        ),
    )


def as_json(rejected: Sequence[Rejected]) -> Jsonb:
    """Return rejected rows as the functions in `importer` take them."""
    return Jsonb(
        [
            {"record": r.record, "line": r.line, "column": r.column, "code": r.code, "message": r.message, "raw": r.raw}
            for r in rejected
        ]
    )


def prepare_stage(conn: psycopg.Connection, job: Job, columns: Sequence[str]) -> str:
    """Make or keep the staging table of an all-or-nothing job; return its name in the schema `importer`."""
    row = conn.execute(PREPARE_STAGE, (job.id, job.token, list(columns))).fetchone()
    return str(row[0]) if row else ""


def prepare_keys(conn: psycopg.Connection, job: Job, columns: Sequence[str]) -> str:
    """Make or keep the table of the keys that a job has met; return its name in the schema `importer`."""
    row = conn.execute(PREPARE_KEYS, (job.id, job.token, list(columns))).fetchone()
    return str(row[0]) if row else ""


def pass_over(conn: psycopg.Connection, job: Job, rows: int) -> None:
    """Count staged rows that the mode's rule passed over as skipped, in the transaction that moves the others."""
    conn.execute(PASS_OVER, (job.id, job.token, rows))


def keep_replaced(conn: psycopg.Connection, job: Job) -> int:
    """Keep the rows that are about to be exchanged, so that it can be undone; return how many."""
    row = conn.execute(KEEP_REPLACED, (job.id, job.token)).fetchone()
    return int(row[0]) if row else 0


def admit(conn: psycopg.Connection, job: Job) -> None:
    """Raise psycopg.Error with SQLSTATE IJ601 when the job's owner may not import into its target."""
    conn.execute(ADMIT, (job.id,))


@dataclass(frozen=True, slots=True)
class Duplicate:
    """An earlier job with the same file for the same target; `running`: it has not ended yet."""

    job_id: UUID
    running: bool


def claim_file(conn: psycopg.Connection, job: Job, sha256: str) -> Duplicate | None:
    """Note the file's digest; return the earlier job that has imported, or is importing, the same file."""
    row = conn.execute(CLAIM_FILE, (job.id, job.token, sha256)).fetchone()
    found = row[0] if row else None
    return Duplicate(UUID(found["duplicate_of"]), found["status"] == "running") if found else None


def skip_duplicate(conn: psycopg.Connection, job: Job, earlier: Duplicate) -> None:
    """Complete the job without a row, as a duplicate."""
    conn.execute(SKIP_DUPLICATE, (job.id, job.token, earlier.job_id))


def postpone(conn: psycopg.Connection, job: Job, seconds: float) -> None:
    """Put the job back for some time without counting the attempt."""
    conn.execute(POSTPONE, (job.id, job.token, seconds))


def reject_staged(conn: psycopg.Connection, job: Job, rejected: Sequence[Rejected], kept: int) -> None:
    """Count staged rows that the target refused as rejected, in the transaction that moves the others."""
    conn.execute(REJECT_STAGED, (job.id, job.token, as_json(rejected), kept))


def finish_stage(conn: psycopg.Connection, job: Job) -> None:
    """Drop the staging table, in the transaction that has moved its rows."""
    conn.execute(FINISH_STAGE, (job.id, job.token))


def rejected_rows(conn: psycopg.Connection, job: Job) -> Iterator[tuple[int, str | None, str, str, str | None]]:
    """Yield line, column, code, message and record of all rejected rows, in file order, a few at a time."""
    with conn.cursor() as cursor:
        yield from cursor.stream(REJECTED_ROWS, (job.id,))


def rejected_records(conn: psycopg.Connection, job: Job) -> frozenset[int]:
    """Return the numbers of all rejected records."""
    return frozenset(row[0] for row in conn.execute(REJECTED_RECORDS, (job.id,)).fetchall())


def rejected_counts(conn: psycopg.Connection, job: Job) -> list[tuple[str | None, str, int]]:
    """Return column, code and number of all rejected rows."""
    return [(row[0], row[1], row[2]) for row in conn.execute(REJECTED_COUNTS, (job.id,)).fetchall()]


def keep_figures(conn: psycopg.Connection, job: Job, seq: int, figures: dict[str, Any]) -> None:
    """Keep the report's figures with the ledger's entry of a chunk, for an attempt that resumes."""
    conn.execute(KEEP_FIGURES, (job.id, job.token, seq, Jsonb(figures)))


def keep_preview(conn: psycopg.Connection, job: Job, preview: list[dict[str, Any]]) -> None:
    """Write the preview in place of what the job's row has."""
    conn.execute(KEEP_PREVIEW, (job.id, job.token, Jsonb(preview)))


@dataclass(frozen=True, slots=True)
class Paths:
    """Where a job's artifacts are, in the bucket of its file."""

    errors: str | None = None
    output: str | None = None


def finish(
    conn: psycopg.Connection, job: Job, records: int, sha256: str | None, report: dict[str, Any], paths: Paths
) -> None:
    """Complete the job, in a transaction of the caller's.

    Raises: psycopg.Error with SQLSTATE IJ902 when the counts do not agree, IJ103 without a lease.
    """
    conn.execute(FINISH, (job.id, job.token, records, sha256, Jsonb(report), paths.errors, paths.output))


def fail(conn: psycopg.Connection, job: Job, reason: JobError, report: dict[str, Any] | None, paths: Paths) -> str:
    """End the attempt; return the status the job has now, `pending` or `failed`."""
    told = None if report is None else Jsonb(report)
    row = conn.execute(
        FAIL,
        (job.id, job.token, reason.code, reason.message, reason.advice, reason.transient, told, paths.errors),
    ).fetchone()
    return str(row[0]) if row else ""


def give_back(conn: psycopg.Connection, job: Job) -> None:
    """Put the job back without counting the attempt."""
    conn.execute(GIVE_BACK, (job.id, job.token))


def sweep(conn: psycopg.Connection) -> list[tuple[UUID, str]]:
    """Find lost and forgotten jobs; return what was done to which."""
    return [(row[0], row[1]) for row in conn.execute(SWEEP).fetchall()]


def wake_token(conn: psycopg.Connection) -> str | None:
    """Return the doorbell's token as the database has it, None when there is none."""
    row = conn.execute(WAKE_TOKEN).fetchone()
    return row[0] if row else None


def sources_to_delete(conn: psycopg.Connection) -> list[tuple[UUID, str, str]]:
    """Return job, bucket and path of files that are to be deleted and have not been."""
    return [(row[0], row[1], row[2]) for row in conn.execute(SOURCES_TO_DELETE).fetchall()]


def source_deleted(conn: psycopg.Connection, job_id: UUID) -> None:
    """Note that a job's file has been deleted."""
    conn.execute(SOURCE_DELETED, (job_id,))
