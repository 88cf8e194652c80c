"""Attacks with paths, buckets and targets: the insert fails, or the value is treated as plain text."""

import pytest

from tests.integration.queue_harness import OTHER, OWNER, Queue, raises

INSERT = "insert into public.import_jobs (bucket_id, object_path, target) values (%s, %s, %s) returning id"
INVALID = [
    *("", "/", "//", ".", "..", "../", "./a.csv", "a//b.csv", "a/"),
    *(
        f"/{OWNER}/a.csv",
        f"{OWNER}//a.csv",
        f"{OWNER}/",
        f"{OWNER}/./a.csv",
        f"{OWNER}/a.csv/",
        f"https://{OWNER}/a.csv",
    ),
    *(f"{OWNER}/../{OTHER}/a.csv", f"{OWNER}/..", f"{OWNER}/x/../../{OTHER}/a.csv"),
    *(
        f"{OWNER}/a\n.csv",
        f"{OWNER}/a\r\nHost: x",
        f"{OWNER}/a\t.csv",
        f"{OWNER}/\x01",
        f"{OWNER}/\x1b[2J",
        f"{OWNER}/\x7f",
    ),
    f"{OWNER}/" + "a" * 1024,
]
# Nothing on the way to Storage decodes these, but no upload can create such a name, so they are refused as well.
ENCODED = [
    *(f"{OWNER}/%2e%2e/{OTHER}/a.csv", f"{OWNER}/%2E%2E%2F{OTHER}/a.csv", f"{OWNER}/..%2f{OTHER}/a.csv"),
    *(f"{OWNER}/..\\{OTHER}\\a.csv", f"{OWNER}\\..\\a.csv", f"{OWNER}/%00.csv", f"{OWNER}/%5c..%5c{OTHER}/a.csv"),
]
OUTSIDE_OWN_FOLDER = [
    *(f"{OTHER}/a.csv", "service/a.csv", "a.csv", f"{str(OWNER).upper()}/a.csv", f" {OWNER}/a.csv"),
    *(f"{OWNER}x/a.csv", f"{str(OWNER)[:-1]}/a.csv", f"{OTHER}/{OWNER}/a.csv", f"{{{OWNER}}}/a.csv"),
    *(f"\u202e{OWNER}/a.csv", f"{str(OWNER).replace('0', '０', 1)}/a.csv", f"{str(OWNER).replace('a', 'а')}/a.csv"),
    *(f"...{OTHER}/a.csv", f".../{OTHER}/a.csv", f"~/{OWNER}/a.csv"),
]


@pytest.mark.parametrize("path", INVALID, ids=ascii)
def test_invalid_path_is_refused(queue: Queue, path: str) -> None:
    with queue.user() as conn, raises("IJ107"):
        conn.execute(INSERT, ["imports", path, "people"])


@pytest.mark.parametrize("path", INVALID, ids=ascii)
def test_invalid_path_of_the_service_is_refused(queue: Queue, path: str) -> None:
    with queue.db.connect("service_role") as conn, raises("IJ107"):
        conn.execute(INSERT, ["imports", path, "people"])


@pytest.mark.parametrize("path", ENCODED, ids=ascii)
def test_encoded_path_is_refused(queue: Queue, path: str) -> None:
    with queue.user() as conn, raises("IJ107"):
        conn.execute(INSERT, ["imports", path, "people"])


@pytest.mark.parametrize("path", OUTSIDE_OWN_FOLDER, ids=ascii)
def test_path_outside_the_folder_of_the_user_is_refused(queue: Queue, path: str) -> None:
    with queue.user() as conn, raises("IJ602"):
        conn.execute(INSERT, ["imports", path, "people"])


@pytest.mark.parametrize("bucket", ["avatars", "Imports", "imports ", "imports/../avatars", "", "'; select 1; --"])
def test_another_bucket_is_refused(queue: Queue, bucket: str) -> None:
    with queue.user() as conn, raises("IJ602"):
        conn.execute(INSERT, [bucket, f"{OWNER}/a.csv", "people"])


@pytest.mark.parametrize("which", [0, 1, 2])
def test_overlong_name_is_refused(queue: Queue, which: int) -> None:
    values = ["imports", f"{OWNER}/a.csv", "people"]
    values[which] += "x" * 5_000_000
    with queue.user() as conn, raises("IJ107"):
        conn.execute(INSERT, values)


@pytest.mark.parametrize("text", ["people\x1b[2J", "people\x1b]0;x\x07", "people\n", "people\x7f"], ids=ascii)
@pytest.mark.parametrize("column", ["target", "bucket_id", "idempotency_key", "object_path"])
def test_control_characters_are_refused_everywhere(queue: Queue, column: str, text: str) -> None:
    """Control characters would reach the terminal of anyone who lists the jobs."""
    values = {"object_path": "service/a.csv", "target": "people", "bucket_id": "imports", "idempotency_key": "k"}
    values[column] += text
    statement = f"insert into public.import_jobs ({', '.join(values)}) values (%s, %s, %s, %s)"
    with queue.db.connect("service_role") as conn, raises("IJ107"):
        conn.execute(statement, list(values.values()))


TARGETS = [
    "people; drop table public.people",
    "(select name from public.import_targets limit 1)",
    "people' or true --",
    '"people"',
    "public.people where true",
    "importer.settings",
    "auth.users",
    "pg_catalog.pg_authid",
    "public.import_jobs",
    "people\u200b",
    "ｐｅｏｐｌｅ",
    "PEOPLE",
    "people ",
    "",
]


@pytest.mark.parametrize("target", TARGETS, ids=ascii)
def test_unknown_target_is_treated_as_text(queue: Queue, target: str) -> None:
    """The insert succeeds and the claim has no target, so that the job fails with IJ106."""
    queue.admin.execute("create schema app; create table public.people_of_attack (name text)")
    try:
        queue.admin.execute("select importer.register_target('public.people_of_attack', name := 'people')")
        with queue.user() as conn:
            (job,) = conn.execute(INSERT, ["imports", f"{OWNER}/a.csv", target]).fetchone()
        (claim,) = queue.claim()
        assert (claim.id, claim.value["target"]) == (job, None)
    finally:
        queue.admin.execute("delete from public.import_targets; drop table public.people_of_attack")


def test_tables_of_import_jobs_are_not_targets(queue: Queue) -> None:
    tables = queue.value(
        "select array_agg(c.oid::regclass::text) from pg_class as c"
        " where c.relkind = 'r' and c.relnamespace in ('public'::regnamespace, 'importer'::regnamespace)"
    )
    assert [queue.value("select importer.describe_target(%s)", table) for table in tables] == [None] * len(tables)
