"""A statement that is refused with a hint succeeds when it is written as the hint says."""

import pytest
from psycopg.types.json import Jsonb

from tests.integration.queue_harness import OTHER, OWNER, Queue, raises

JOB = "insert into public.import_jobs (object_path, target{columns}) values ('a/b.csv', 'people'{values})"
TARGET = "update public.import_targets set {} where name = 'people'"
FOLDERS = " from generate_series(1, {}) as n"
#: Makes every signed-in user a supervisor, and the session one of another user than the jobs' owner.
SUPERVISOR = f"""
insert into importer.settings (name, value) values ('supervisor_when', 'true');
select set_config('request.jwt.claims', '{{{{"sub": "{OTHER}"}}}}', true);
set local role authenticated;
"""


def job(column: str, value: str) -> str:
    return JOB.format(columns=f", {column}", values=f", {value}")


def path(value: str) -> str:
    return f"insert into public.import_jobs (object_path, target) values ({value}, 'people')"


def folder(prefix: str, name: str) -> str:
    return f"insert into public.import_folders (path_prefix, target, owner) select {prefix}, {name}, '{OWNER}'"


def target(value: str) -> str:
    return f"insert into public.import_jobs (object_path, target) values ('a/b.csv', {value})"


#: Code, beginning of the hint, the statement that is refused, and the one that the hint leads to.
STATEMENTS = [
    ("IJ101", "Leave out status", job("status", "'running'"), job("status", "default")),
    (
        "IJ101",
        "Only a pending job",
        "select public.execute_import_job('{failed}')",
        "select public.retry_import_job('{failed}')",
    ),
    (
        "IJ102",
        "Insert a new job",
        "select public.retry_import_job('{failed}', '{{\"inspect\": true}}')",
        job("options", "'{{\"inspect\": true}}'"),
    ),
    (
        "IJ102",
        "Retry the job without options",
        SUPERVISOR + "select public.retry_import_job('{failed}', '{{\"trim\": true}}')",
        SUPERVISOR + "select public.retry_import_job('{failed}')",
    ),
    ("IJ107", "Give the name alone", job("file_name", "'a/b.csv'"), job("file_name", "'b.csv'")),
    (
        "IJ108",
        "Give the id of the last job",
        "select * from public.list_import_jobs(after => gen_random_uuid())",
        "select * from public.list_import_jobs(after => '{failed}')",
    ),
    (
        "IJ101",
        "Retry only failed",
        "update public.import_jobs set status = 'pending' where id = '{completed}'",
        "update public.import_jobs set status = 'pending' where id = '{failed}'",
    ),
    (
        "IJ101",
        "Set status to pending to retry",
        "set local role service_role; update public.import_jobs set status = 'running' where id = '{pending}'",
        "set local role service_role; update public.import_jobs set status = 'cancelled' where id = '{pending}'",
    ),
    (
        "IJ102",
        "Change only",
        """select public.retry_import_job('{loaded}', '{{"delimiter": ";"}}')""",
        """select public.retry_import_job('{loaded}', '{{"max_errors": 5}}')""",
    ),
    (
        "IJ102",
        "Remove what",
        job("options", "jsonb_build_object('locale', repeat('a', 70000))"),
        job("options", "'{{}}'"),
    ),
    ("IJ102", "See docs/reference/options.md", job("options", """'{{"no": 1}}'"""), job("options", "'{{}}'")),
    ("IJ102", "The value must be", job("options", """'{{"trim": 1}}'"""), job("options", """'{{"trim": true}}'""")),
    ("IJ102", "Write options as", job("options", "'[]'"), job("options", "'{{}}'")),
    (
        "IJ102",
        "See docs/reference/targets.md",
        TARGET.format("""columns = '{{"id": {{"no": 1}}}}'"""),
        TARGET.format("""columns = '{{"id": {{"aliases": ["key"]}}}}'"""),
    ),
    (
        "IJ102",
        "Write each column",
        TARGET.format("""columns = '{{"id": 1}}'"""),
        TARGET.format("""columns = '{{"id": {{}}}}'"""),
    ),
    ("IJ107", "Give a path that ends", folder("'inbox'", "'people'"), folder("'inbox/'", "'people'")),
    ("IJ107", "Give names of at most", folder("'inbox/'", "repeat('a', 513)"), folder("'inbox/'", "repeat('a', 512)")),
    (
        "IJ114",
        "Remove some of them",
        folder("n || '/'", "'people'") + FOLDERS.format(101),
        folder("n || '/'", "'people'") + FOLDERS.format(100),
    ),
    ("IJ107", "Give a path such", path("'../a.csv'"), path("'a/b.csv'")),
    ("IJ107", "Give the digest", job("expected_sha256", "'5e'"), job("expected_sha256", "repeat('5e', 32)")),
    ("IJ107", "Remove the control", target("E'peo\\x01ple'"), target("'people'")),
    ("IJ107", "The limits are", target("repeat('a', 513)"), target("repeat('a', 512)")),
    (
        "IJ108",
        "Check the id",
        "select public.retry_import_job(gen_random_uuid())",
        "select public.retry_import_job('{failed}')",
    ),
    (
        "IJ113",
        "Choose from these columns",
        TARGET.format("mode = 'upsert', key_columns = '{{no}}'"),
        TARGET.format("mode = 'upsert', key_columns = '{{id}}'"),
    ),
    (
        "IJ113",
        "Choose key_columns",
        TARGET.format("""columns = '{{"t": {{}}}}', mode = 'upsert', key_columns = '{{id}}'"""),
        TARGET.format("""columns = '{{"t": {{}}, "id": {{}}}}', mode = 'upsert', key_columns = '{{id}}'"""),
    ),
    (
        "IJ113",
        "Set them to exactly",
        TARGET.format("mode = 'upsert', key_columns = '{{t}}'"),
        TARGET.format("mode = 'upsert', key_columns = '{{id}}'"),
    ),
    (
        "IJ113",
        "Write an SQL condition",
        TARGET.format("allowed_when = 'no condition'"),
        TARGET.format("allowed_when = 'claims ->> ''aal'' = ''aal2'''"),
    ),
    ("IJ115", "Leave out id", job("id, created_by", f"'{{failed}}', '{OTHER}'"), job("created_by", f"'{OTHER}'")),
    (
        "IJ503",
        "Choose from these columns",
        "select importer.register_target('app.people', 'people', columns => '{{no}}')",
        "select importer.register_target('app.people', 'people', columns => '{{id}}')",
    ),
    (
        "IJ503",
        "Register a table",
        "select importer.register_target('app.people_view')",
        "select importer.register_target('app.people')",
    ),
]


@pytest.mark.parametrize(
    ("code", "beginning", "refused", "right"), STATEMENTS, ids=[f"{code} {text}" for code, text, *_ in STATEMENTS]
)
def test_statement_of_the_hint_succeeds(queue: Queue, code: str, beginning: str, refused: str, right: str) -> None:
    queue.admin.execute("create schema app; create table app.people (id integer primary key, t text)")
    queue.admin.execute("create view app.people_view as select * from app.people")
    queue.admin.execute("select importer.register_target('app.people', 'people')")
    loaded = queue.running(created_by=OWNER)
    queue.open(loaded)
    queue.commit(loaded, loaded=3)
    queue.fail(loaded, code="IJ420")
    jobs = {"loaded": loaded.id}
    jobs |= {status: queue.job_that_is(status, created_by=OWNER) for status in ("completed", "failed", "pending")}
    with raises(code) as caught, queue.admin.transaction():
        queue.admin.execute(refused.format(**jobs))
    assert (caught.value.diag.message_hint or "").startswith(beginning)
    with queue.admin.transaction():
        queue.admin.execute(right.format(**jobs))


def failed_in_part(queue: Queue, code: str, seqs: tuple[int, ...], **columns: object) -> str:
    """Return the hint of a job that fails with this code after some chunks of five records each."""
    claim = queue.running(**columns)
    queue.open(claim)
    for seq in seqs:
        queue.commit(claim, seq, loaded=4, rejected=1)
    queue.fail(claim, code=code)
    return queue.row(claim.id, "error_hint")


@pytest.mark.parametrize("code", ["IJ304", "IJ305", "IJ311"])
def test_part_of_a_file_is_named_by_its_records(queue: Queue, code: str) -> None:
    assert failed_in_part(queue, code, (0, 1, 2)).startswith("Records 1 to 15 of the file are loaded or rejected.")


@pytest.mark.parametrize("code", ["IJ304", "IJ305", "IJ311"])
@pytest.mark.parametrize("seqs", [(0, 2), (1, 2)])
def test_part_with_a_gap_is_to_be_undone(queue: Queue, code: str, seqs: tuple[int, ...]) -> None:
    assert failed_in_part(queue, code, seqs).startswith("Rows of the file are in the target. Have the job undone")


@pytest.mark.parametrize("options", [{"atomic": True}, {"dry_run": True}], ids=str)
@pytest.mark.parametrize("code", ["IJ201", "IJ204", "IJ304", "IJ305", "IJ311"])
def test_usual_hint_fits_where_no_row_is_in_the_target(queue: Queue, code: str, options: dict[str, object]) -> None:
    assert failed_in_part(queue, code, (0,), options=Jsonb(options)) == "a hint"
    assert failed_in_part(queue, code, ()) == "a hint"


@pytest.mark.parametrize("code", ["IJ420", "IJ421", "IJ503", "IJ504", "IJ601", "IJ603"])
def test_usual_hint_of_other_codes_stays(queue: Queue, code: str) -> None:
    assert failed_in_part(queue, code, (0,)) == "a hint"
