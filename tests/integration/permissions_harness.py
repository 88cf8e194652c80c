"""Permission matrices as text, and a database with a connection for each role in them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import psycopg

from tests.conftest import Cluster, Kind
from tests.integration.queue_harness import OTHER, OWNER, Queue

ROLES = ("owner", "other", "anon", "service_role", "import_processor", "postgres")
REFUSED = "-"
OWNERS_JOB = "00000000-0000-4000-8000-0000000000f1"
SERVICES_JOB = "00000000-0000-4000-8000-0000000000f2"
OWNERS_FILE = f"{OWNER}/people.csv"

# The arrays of a chunk without rejections.
BLOCK = "records, lines, raw, raw_ends, cell_places, cell_positions, cell_reasons, reasons"
BLOCK_VALUES = "'{}', '{}', '', '{}', '{}', '{}', '{}', '[]'"

# A target, a job of a user and one of the service, and rows in all tables that depend on a job. The job of the service
# has neither a lease nor a ledger, so that an administrator can insert them.
SEED = f"""
create table public.people (id bigint primary key, name text);
select importer.register_target('public.people');
insert into public.import_jobs (id, object_path, target, created_by)
values ('{OWNERS_JOB}', '{OWNERS_FILE}', 'people', '{OWNER}'), ('{SERVICES_JOB}', 'service/b.csv', 'people', null);
insert into public.import_job_errors (job_id, record_number, line_number, code, message)
select id, 1, 2, 'IJ403', 'm' from public.import_jobs;
insert into importer.job_rejections (job_id, seq, part, {BLOCK}) values ('{OWNERS_JOB}', 0, 0, {BLOCK_VALUES});
insert into importer.job_leases (job_id, worker, attempt, expires_at)
values ('{OWNERS_JOB}', 'w', 1, now() + interval '1 hour');
insert into importer.job_chunks (
  job_id, seq, byte_start, byte_end, next_line, next_record, rows_read, rows_loaded, rows_rejected, rows_skipped,
  attempt
) values ('{OWNERS_JOB}', 0, 0, 10, 2, 2, 0, 0, 0, 0, 1);
insert into importer.waiting_records (job_id, seq, line, record, records) values ('{OWNERS_JOB}', 0, 2, 1, '{{1}}');
insert into importer.settings (name, value) values ('import_jobs_wake_token', 'secret');
insert into public.import_folders (path_prefix, target, owner) values ('{OWNER}/inbox/', 'people', '{OWNER}');
insert into importer.uploads (bucket_id, object_path, version, job_id)
values ('imports', '{OWNERS_FILE}', '1', '{OWNERS_JOB}');
insert into importer.broadcasts (job_id, owner, sent_at) values ('{OWNERS_JOB}', '{OWNER}', now());
insert into importer.owner_changes (owner, since, changes) values ('{OWNER}', now(), 1);
insert into public.import_mappings (owner, target, headers_key, headers, mapping, dialect)
values ('{OWNER}', 'people', 'k', '{{}}', '{{}}', '{{}}');
insert into importer.undo_requests (job_id, role, claims) values ('{OWNERS_JOB}', 'authenticated', '{{}}');
insert into storage.buckets (id, name, public) values ('avatars', 'avatars', false);
insert into storage.objects (bucket_id, name) values ('imports', '{OWNERS_FILE}'), ('avatars', '{OWNER}/face.png');
"""


def parsed(text: str) -> dict[str, dict[str, str]]:
    """Parse a table of text: a title line, then one line for each entry, whose first cell is its name."""
    title, *lines = [[cell.strip() for cell in line.split("|")] for line in text.strip().splitlines()]
    table = {" ".join(name.split()): dict(zip(title[1:], cells, strict=True)) for name, *cells in lines}
    assert len(table) == len(lines), "a line occurs twice"
    return table


@dataclass(frozen=True, slots=True)
class People:
    """A database with rows in all tables, and a connection for each role."""

    queue: Queue
    connections: dict[str, psycopg.Connection]

    @contextmanager
    def acting(self, role: str) -> Iterator[psycopg.Connection]:
        """Return the connection of a role, in a transaction that is rolled back."""
        with self.connections[role].transaction(force_rollback=True):
            yield self.connections[role]

    def outcome(self, role: str, statement: str) -> str:
        """Return the number of rows of a statement, `-` if it is not permitted, or the SQLSTATE of another error."""
        with self.acting(role) as conn:
            try:
                return str(conn.execute(statement).rowcount)
            except psycopg.Error as exc:
                return REFUSED if exc.sqlstate == "42501" else str(exc.sqlstate)

    def names(self, query: str, *parameters: object) -> set[str]:
        """Execute a query as the administrator; return the values of its first column."""
        return {name for (name,) in self.connections["postgres"].execute(query, parameters or None)}


def people(cluster: Cluster, kind: Kind) -> Iterator[People]:
    """Yield a database with new (closed: nothing is granted) or old (open: everything is granted) default grants."""
    with (
        contextmanager(cluster.clone)(kind) as db,
        db.connect() as admin,
        db.connect("import_processor") as processor,
        ExitStack() as stack,
    ):
        admin.execute(SEED)
        users = {"owner": {"sub": str(OWNER)}, "other": {"sub": str(OTHER)}}
        connections = {name: stack.enter_context(db.connect("authenticated", claims)) for name, claims in users.items()}
        connections |= {name: stack.enter_context(db.connect(name)) for name in ("anon", "service_role")}
        connections |= {"import_processor": processor, "postgres": admin}
        yield People(Queue(db, admin, processor), connections)
