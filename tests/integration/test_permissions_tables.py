"""Who may do what with each table and sequence, for both default grants of projects: a table as specification.

A cell is the number of rows that the statement affects, or `-` (not permitted). There are two jobs, one of the owner
and one of the service; `other` is a signed-in user of another tenant.
"""

from collections.abc import Iterator

import pytest

from processor.database import migrate
from tests.conftest import Cluster
from tests.integration.permissions_harness import (
    BLOCK,
    BLOCK_VALUES,
    OWNERS_JOB,
    ROLES,
    SERVICES_JOB,
    People,
    parsed,
    people,
)
from tests.integration.queue_harness import OWNER

MATRIX = parsed(
    """
table and operation               | owner | other | anon | service_role | import_processor | postgres
public.import_jobs       select   | 1     | 0     | -    | 2            | -                | 2
public.import_jobs       insert   | 1     | 1     | -    | 1            | -                | 1
public.import_jobs       update   | 1     | 0     | -    | 2            | -                | 2
public.import_jobs       delete   | -     | -     | -    | 2            | -                | 2
public.import_jobs       truncate | -     | -     | -    | -            | -                | -1
public.import_targets    select   | 1     | 1     | -    | 1            | -                | 1
public.import_targets    insert   | -     | -     | -    | -            | -                | 1
public.import_targets    update   | -     | -     | -    | -            | -                | 1
public.import_targets    delete   | -     | -     | -    | -            | -                | 1
public.import_targets    truncate | -     | -     | -    | -            | -                | -1
public.import_job_errors select   | 1     | 0     | -    | 2            | -                | 2
public.import_job_errors insert   | -     | -     | -    | -            | -                | 1
public.import_job_errors update   | -     | -     | -    | -            | -                | 2
public.import_job_errors delete   | -     | -     | -    | -            | -                | 2
public.import_job_errors truncate | -     | -     | -    | -            | -                | -1
public.import_job_events select   | 1     | 0     | -    | 2            | -                | 2
public.import_job_events insert   | -     | -     | -    | -            | -                | 1
public.import_job_events update   | -     | -     | -    | -            | -                | 2
public.import_job_events delete   | -     | -     | -    | -            | -                | 2
public.import_job_events truncate | -     | -     | -    | -            | -                | -1
importer.job_leases      select   | -     | -     | -    | -            | -                | 1
importer.job_leases      insert   | -     | -     | -    | -            | -                | 1
importer.job_leases      update   | -     | -     | -    | -            | -                | 1
importer.job_leases      delete   | -     | -     | -    | -            | -                | 1
importer.job_leases      truncate | -     | -     | -    | -            | -                | -1
importer.job_chunks      select   | -     | -     | -    | -            | -                | 1
importer.job_chunks      insert   | -     | -     | -    | -            | -                | 1
importer.job_chunks      update   | -     | -     | -    | -            | -                | 1
importer.job_chunks      delete   | -     | -     | -    | -            | -                | 1
importer.job_chunks      truncate | -     | -     | -    | -            | -                | -1
importer.job_rejections     select   | -     | -     | -    | -            | -                | 1
importer.job_rejections     insert   | -     | -     | -    | -            | -                | 1
importer.job_rejections     update   | -     | -     | -    | -            | -                | 1
importer.job_rejections     delete   | -     | -     | -    | -            | -                | 1
importer.job_rejections     truncate | -     | -     | -    | -            | -                | -1
importer.waiting_records  select   | -     | -     | -    | -            | -                | 1
importer.waiting_records  insert   | -     | -     | -    | -            | -                | 1
importer.waiting_records  update   | -     | -     | -    | -            | -                | 1
importer.waiting_records  delete   | -     | -     | -    | -            | -                | 1
importer.waiting_records  truncate | -     | -     | -    | -            | -                | -1
importer.job_identities  select   | -     | -     | -    | -            | -                | 1
importer.job_identities  insert   | -     | -     | -    | -            | -                | 1
importer.job_identities  update   | -     | -     | -    | -            | -                | 1
importer.job_identities  delete   | -     | -     | -    | -            | -                | 1
importer.job_identities  truncate | -     | -     | -    | -            | -                | -1
importer.lost_attempts   select   | -     | -     | -    | -            | -                | 0
importer.lost_attempts   insert   | -     | -     | -    | -            | -                | 1
importer.lost_attempts   update   | -     | -     | -    | -            | -                | 0
importer.lost_attempts   delete   | -     | -     | -    | -            | -                | 0
importer.lost_attempts   truncate | -     | -     | -    | -            | -                | -1
importer.processors      select   | -     | -     | -    | -            | -                | 0
importer.processors      insert   | -     | -     | -    | -            | -                | 1
importer.processors      update   | -     | -     | -    | -            | -                | 0
importer.processors      delete   | -     | -     | -    | -            | -                | 0
importer.processors      truncate | -     | -     | -    | -            | -                | -1
importer.queue_pause     select   | -     | -     | -    | -            | -                | 0
importer.queue_pause     insert   | -     | -     | -    | -            | -                | 1
importer.queue_pause     update   | -     | -     | -    | -            | -                | 0
importer.queue_pause     delete   | -     | -     | -    | -            | -                | 0
importer.queue_pause     truncate | -     | -     | -    | -            | -                | -1
importer.rings           select   | -     | -     | -    | -            | -                | 0
importer.rings           insert   | -     | -     | -    | -            | -                | 1
importer.rings           update   | -     | -     | -    | -            | -                | 0
importer.rings           delete   | -     | -     | -    | -            | -                | 0
importer.rings           truncate | -     | -     | -    | -            | -                | -1
importer.owner_changes   select   | -     | -     | -    | -            | -                | 1
importer.owner_changes   insert   | -     | -     | -    | -            | -                | 1
importer.owner_changes   update   | -     | -     | -    | -            | -                | 1
importer.owner_changes   delete   | -     | -     | -    | -            | -                | 1
importer.owner_changes   truncate | -     | -     | -    | -            | -                | -1
importer.settings        select   | -     | -     | -    | -            | -                | 1
importer.settings        insert   | -     | -     | -    | -            | -                | 1
importer.settings        update   | -     | -     | -    | -            | -                | 1
importer.settings        delete   | -     | -     | -    | -            | -                | 1
importer.settings        truncate | -     | -     | -    | -            | -                | -1
importer.target_tables   select   | -     | -     | -    | -            | -                | 1
importer.target_tables   insert   | -     | -     | -    | -            | -                | 1
importer.target_tables   update   | -     | -     | -    | -            | -                | 1
importer.target_tables   delete   | -     | -     | -    | -            | -                | 1
importer.target_tables   truncate | -     | -     | -    | -            | -                | -1
public.import_folders    select   | 1 | 0 | - | 1 | - | 1
public.import_folders    insert   | 1 | 1 | - | 1 | - | 1
public.import_folders    update   | 1 | 0 | - | 1 | - | 1
public.import_folders    delete   | 1 | 0 | - | 1 | - | 1
public.import_folders    truncate | - | - | - | - | - | -1
public.import_job_chains select   | 1 | 0 | - | 2 | - | 2
public.import_job_chains insert   | 55000 | 55000 | 55000 | 55000 | 55000 | 55000
public.import_job_chains update   | 55000 | 55000 | 55000 | 55000 | 55000 | 55000
public.import_job_chains delete   | 55000 | 55000 | 55000 | 55000 | 55000 | 55000
public.import_job_chains truncate | 42809 | 42809 | 42809 | 42809 | 42809 | 42809
importer.broadcasts      select   | - | - | - | - | - | 1
importer.broadcasts      insert   | - | - | - | - | - | 1
importer.broadcasts      update   | - | - | - | - | - | 1
importer.broadcasts      delete   | - | - | - | - | - | 1
importer.broadcasts      truncate | - | - | - | - | - | -1
importer.uploads         select   | - | - | - | - | - | 1
importer.uploads         insert   | - | - | - | - | - | 1
importer.uploads         update   | - | - | - | - | - | 1
importer.uploads         delete   | - | - | - | - | - | 1
importer.uploads         truncate | - | - | - | - | - | -1
public.import_mappings   select   | 1 | 0 | - | 1 | - | 1
public.import_mappings   insert   | - | - | - | - | - | 1
public.import_mappings   update   | - | - | - | - | - | 1
public.import_mappings   delete   | 1 | 0 | - | 1 | - | 1
public.import_mappings   truncate | - | - | - | - | - | -1
importer.undo_requests   select   | - | - | - | - | - | 1
importer.undo_requests   insert   | - | - | - | - | - | 1
importer.undo_requests   update   | - | - | - | - | - | 1
importer.undo_requests   delete   | - | - | - | - | - | 1
importer.undo_requests   truncate | - | - | - | - | - | -1
importer.migrations      select   | - | - | - | - | N | N
importer.migrations      insert   | - | - | - | - | - | 1
importer.migrations      update   | - | - | - | - | - | N
importer.migrations      delete   | - | - | - | - | - | N
importer.migrations      truncate | - | - | - | - | - | -1
public.import_job_events_id_seq select  | - | - | - | - | - | 1
public.import_job_events_id_seq nextval | - | - | - | - | - | 1
public.import_job_events_id_seq setval  | - | - | - | - | - | 1
importer.ring_numbers select  | - | - | - | - | - | 1
importer.ring_numbers nextval | - | - | - | - | - | 1
importer.ring_numbers setval  | - | - | - | - | - | 1
importer.last_notification select  | - | - | - | - | - | 1
importer.last_notification nextval | - | - | - | - | - | 1
importer.last_notification setval  | - | - | - | - | - | 1
""".replace("| N", f"| {len(migrate.migrations())}")
)
TABLE_OPERATIONS = ("select", "insert", "update", "delete", "truncate")
SEQUENCE_OPERATIONS = ("select", "nextval", "setval")
OURS = """
select c.oid::regclass::text from pg_class as c
where c.relnamespace in ('public'::regnamespace, 'importer'::regnamespace) and c.relkind = any (%s)
  and c.oid::regclass::text <> 'people'
  and not exists (select from pg_depend as d where d.objid = c.oid and d.deptype = 'e')
"""
# The values to insert and the assignment of an update, for each table.
WRITES = {
    "public.import_jobs": (
        "(object_path, target) values (coalesce((select auth.uid())::text, 'service') || '/b', 'people')",
        "status = 'cancelled'",
    ),
    "public.import_targets": (
        "(name, mode, columns) values ('x', 'none', '{}')",
        "max_running_jobs = 1",
    ),
    "public.import_job_errors": (
        f"(job_id, record_number, line_number, code, message) values ('{OWNERS_JOB}', 2, 3, 'x', 'x')",
        "message = 'x'",
    ),
    "public.import_job_events": (f"(job_id, event, attempt) values ('{OWNERS_JOB}', 'x', 1)", "event = 'x'"),
    "importer.job_leases": (
        f"(job_id, worker, attempt, expires_at) values ('{SERVICES_JOB}', 'w', 1, now())",
        "expires_at = 'infinity'",
    ),
    "importer.job_chunks": (
        "(job_id, seq, byte_start, byte_end, next_line, next_record, rows_read, rows_loaded, rows_rejected,"
        f" rows_skipped, attempt) values ('{SERVICES_JOB}', 0, 0, 1, 1, 1, 0, 0, 0, 0, 1)",
        "attempt = 2",
    ),
    "importer.job_rejections": (
        f"(job_id, seq, part, {BLOCK}) values ('{SERVICES_JOB}', 0, 0, {BLOCK_VALUES})",
        "part = 1",
    ),
    "importer.waiting_records": (
        f"(job_id, seq, line, record, records) values ('{OWNERS_JOB}', 0, 2, 1, '{{1}}')"
        " on conflict (job_id, seq) do update set line = 3",
        "record = 2",
    ),
    "importer.job_identities": (
        f"(job_id, role, claims) values ('{SERVICES_JOB}', 'service_role', '{{}}')",
        f'claims = \'{{"sub": "{OWNER}"}}\'',
    ),
    "importer.lost_attempts": (
        f"(job_id, token) values ('{SERVICES_JOB}', '{SERVICES_JOB}')",
        "lost_at = 'infinity'",
    ),
    "importer.processors": ("(worker) values ('x')", "newest_ring = 1"),
    "importer.queue_pause": ("(reason) values ('x')", "reason = 'y'"),
    "importer.rings": ("(timeout_milliseconds) values (1000)", "timeout_milliseconds = 2000"),
    "importer.owner_changes": ("(owner, since, changes) values (gen_random_uuid(), now(), 1)", "changes = 2"),
    "importer.settings": ("(name, value) values ('x', 'x')", "value = 'x'"),
    "public.import_job_chains": ("(job_id) values (null)", "target = 'x'"),
    "public.import_folders": (
        "(path_prefix, target) values (coalesce((select auth.uid())::text, 'service') || '/b/', 'people')",
        "target = 'x'",
    ),
    "importer.migrations": ("(version, name, sha256) values ('1', 'x', 'x')", "name = 'x'"),
    "importer.broadcasts": (
        f"(job_id, owner, sent_at) values ('{SERVICES_JOB}', gen_random_uuid(), now())",
        "sent_at = now()",
    ),
    "importer.uploads": (
        f"(bucket_id, object_path, version, job_id) values ('imports', 'x', '1', '{OWNERS_JOB}')",
        "version = '2'",
    ),
    "public.import_mappings": (
        "(owner, target, headers_key, headers, mapping, dialect)"
        " values (gen_random_uuid(), 'people', 'x', '{}', '{}', '{}')",
        "locale = 'x'",
    ),
    "importer.undo_requests": (
        f"(job_id, role, claims) values ('{SERVICES_JOB}', 'authenticated', '{{}}')",
        "attempts = 1",
    ),
    "importer.target_tables": (
        "(target, relation, kind, owner) values ('people', 1, 'r', 'x') on conflict (target) do update set kind = 'r'",
        "owner = 'postgres'",
    ),
}


@pytest.fixture(scope="module", params=["closed", "open"])
def everybody(cluster: Cluster, request: pytest.FixtureRequest) -> Iterator[People]:
    yield from people(cluster, request.param)


def statement(line: str) -> str:
    """Return the statement for a line of the matrix."""
    relation, operation = line.split()
    if operation in ("nextval", "setval"):
        return f"select {operation}('{relation}'{', 7' if operation == 'setval' else ''})"
    insert, update = WRITES.get(relation, ("", ""))
    return {
        "select": f"select from {relation}",
        "insert": f"insert into {relation} {insert}",
        "update": f"update {relation} set {update}",
        "delete": f"delete from {relation}",
        "truncate": f"truncate {relation} cascade",
    }[operation]


@pytest.mark.parametrize("line", MATRIX)
def test_each_role_touches_exactly_what_the_matrix_says(everybody: People, line: str) -> None:
    assert {role: everybody.outcome(role, statement(line)) for role in ROLES} == MATRIX[line]


@pytest.mark.parametrize(
    ("kinds", "operations"), [("rpvmf", TABLE_OPERATIONS), ("S", SEQUENCE_OPERATIONS)], ids=["tables", "sequences"]
)
def test_matrix_has_every_operation_on_everything_there_is(
    everybody: People, kinds: str, operations: tuple[str, ...]
) -> None:
    with everybody.acting("postgres") as conn:
        conn.execute("set local search_path = ''")
        there = {name for (name,) in conn.execute(OURS.replace("people", "public.people"), [list(kinds)])}
    sequences = {line.split()[0] for line in MATRIX if line.endswith("nextval")}
    listed = {line for line in MATRIX if (line.split()[0] in sequences) == (kinds == "S")}
    assert listed == {f"{name} {operation}" for name in there for operation in operations}


def test_new_table_would_be_reported_as_missing(everybody: People) -> None:
    with everybody.acting("postgres") as conn:
        conn.execute("create table importer.forgotten (id bigint primary key)")
        assert ("importer.forgotten",) in conn.execute(OURS, [list("r")]).fetchall()


def test_accidental_grant_would_be_found(everybody: People) -> None:
    with everybody.acting("postgres") as conn:
        conn.execute("grant usage on schema importer to anon; grant select on importer.settings to anon")
        conn.execute("set local role anon")
        assert conn.execute("select from importer.settings").rowcount == 1


def test_processor_in_the_place_of_a_user_sees_what_that_user_sees(everybody: People) -> None:
    with everybody.acting("import_processor") as conn:
        conn.execute("set local role authenticated")
        assert conn.execute("select from public.import_jobs").rowcount == 0
        conn.execute("select set_config('request.jwt.claims', %s, true)", [f'{{"sub": "{OWNER}"}}'])
        assert conn.execute("select id::text from public.import_jobs").fetchall() == [(OWNERS_JOB,)]


@pytest.mark.parametrize("role", ["anon", "service_role", "postgres"])
def test_processor_can_become_no_other_role(everybody: People, role: str) -> None:
    assert everybody.outcome("import_processor", f"set local role {role}") == "-"
