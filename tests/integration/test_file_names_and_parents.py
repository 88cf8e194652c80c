"""file_name, parent_job_id and the totals of a chain: what clients tell about a job, and what they may not tell."""

from collections.abc import Iterator
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg.types.json import Jsonb

from tests.integration.queue_harness import OTHER, OWNER, Queue, raises

INSERT = "insert into public.import_jobs (object_path, target, file_name) values (%s, 'people', %s) returning id"
MEND = "insert into public.import_jobs (object_path, target, parent_job_id) values (%s, 'people', %s) returning id"
CREATE = "select (public.create_import_job(%s, 'people', parent_job_id => %s)).id"
TOTALS = """
select jobs, active_jobs, rows_read, rows_loaded, rows_skipped, rows_rejected
from public.import_job_chains where job_id = %s
"""


@pytest.fixture
def owner(queue: Queue) -> Iterator[psycopg.Connection]:
    with queue.user() as conn:
        yield conn


def path(name: str = "people.csv") -> str:
    return f"{OWNER}/{name}"


def store(queue: Queue, name: str, etag: str) -> str:
    """Put a file into Storage's table as an upload does; return its path."""
    with queue.db.connect("service_role") as storage:
        storage.execute(
            "insert into storage.objects (bucket_id, name, metadata) values ('imports', %s, %s)"
            " on conflict (bucket_id, name) do update set metadata = excluded.metadata",
            [path(name), Jsonb({"eTag": f'"{etag}"', "size": 3})],
        )
    return path(name)


@pytest.mark.parametrize(
    "name", ["people.csv", "Relação de pessoas (março).csv", "名簿.csv", "a" * 255, ".csv", "50% off.csv"]
)
def test_name_that_people_know_is_kept(queue: Queue, owner: psycopg.Connection, name: str) -> None:
    job = owner.execute(INSERT, [path(), name]).fetchone()[0]
    assert queue.row(job, "file_name", "object_path") == (name, path())


@pytest.mark.parametrize(
    "name",
    [
        "",
        "a" * 256,
        "a\nb.csv",
        "a\x7f.csv",
        "a\x85.csv",
        "../a.csv",
        "C:\\a.csv",
        "/etc/passwd",
        "vsc.\u202egpj",
        "\u2066a",
        "a\u2028b",
    ],
    ids=ascii,
)
def test_name_that_could_mislead_is_refused(owner: psycopg.Connection, name: str) -> None:
    with raises("IJ107"):
        owner.execute(INSERT, [path(), name])


def test_name_cannot_be_changed_by_clients(queue: Queue, owner: psycopg.Connection) -> None:
    job = owner.execute(INSERT, [path(), "a.csv"]).fetchone()[0]
    with raises("42501"):
        owner.execute("update public.import_jobs set file_name = 'b.csv' where id = %s", [job])


def test_function_takes_name_and_parent(queue: Queue, owner: psycopg.Connection) -> None:
    first = owner.execute(INSERT, [path(), "a.csv"]).fetchone()[0]
    job = owner.execute(
        "select (public.create_import_job(%s, 'people', file_name => 'b.csv', parent_job_id => %s)).id",
        [path("b.csv"), first],
    ).fetchone()[0]
    assert queue.row(job, "file_name", "parent_job_id", "first_job_id") == ("b.csv", first, first)


def test_first_job_of_a_chain_is_that_of_the_parent(queue: Queue, owner: psycopg.Connection) -> None:
    jobs: list[UUID | None] = [None]
    for number in range(3):
        jobs.append(owner.execute(MEND, [path(f"{number}.csv"), jobs[-1]]).fetchone()[0])
    first = [queue.row(job, "first_job_id") for job in jobs[1:]]
    assert first == [None, jobs[1], jobs[1]]


def test_client_cannot_choose_the_first_job(owner: psycopg.Connection) -> None:
    with raises("42501"):
        owner.execute(
            "insert into public.import_jobs (object_path, target, first_job_id) values (%s, 'people', null)", [path()]
        )


@pytest.mark.parametrize("kind", ["foreign", "unowned", "missing", "itself"])
def test_parent_must_be_a_job_of_the_owner(queue: Queue, owner: psycopg.Connection, kind: str) -> None:
    parents = {
        "foreign": lambda: queue.insert(created_by=OTHER),
        "unowned": queue.insert,
        "missing": uuid4,
        "itself": lambda: UUID(int=7),
    }
    with raises("IJ108"):
        owner.execute(
            "insert into public.import_jobs (id, object_path, target, parent_job_id) values (%s, %s, 'people', %s)",
            [UUID(int=7), path(), parents[kind]()],
        )


def test_parent_of_a_job_without_owner_has_none_either(queue: Queue) -> None:
    assert queue.insert(parent_job_id=queue.insert())
    with raises("IJ108"):
        queue.insert(parent_job_id=queue.insert(created_by=OWNER))


def test_key_is_parent_and_digest(queue: Queue, owner: psycopg.Connection) -> None:
    first = owner.execute(MEND, [path("0.csv"), None]).fetchone()[0]
    job = owner.execute(MEND, [store(queue, "key.csv", "abc"), first]).fetchone()[0]
    assert queue.row(job, "idempotency_key") == f"{first} abc"


def test_two_tabs_make_one_job(queue: Queue, owner: psycopg.Connection) -> None:
    """Each tab has uploaded the same corrected rows under a path of its own."""
    first = owner.execute(MEND, [path("0.csv"), None]).fetchone()[0]
    paths = [store(queue, name, "d1") for name in ("one.csv", "two.csv")]
    jobs = {owner.execute(CREATE, [path, first]).fetchone()[0] for path in paths}
    assert len(jobs) == 1
    with raises("23505"):
        owner.execute(MEND, [paths[1], first])
    others = {owner.execute(CREATE, [store(queue, "three.csv", "d2"), first]).fetchone()[0]}
    assert not jobs & others


def test_two_tabs_of_the_service_make_one_job(queue: Queue) -> None:
    first = queue.insert()
    paths = [store(queue, name, "d1") for name in ("one.csv", "two.csv")]
    with queue.db.connect("service_role") as service:
        assert len({service.execute(CREATE, [path, first]).fetchone()[0] for path in paths}) == 1


def test_key_of_the_client_takes_precedence(queue: Queue, owner: psycopg.Connection) -> None:
    first = owner.execute(MEND, [path("0.csv"), None]).fetchone()[0]
    job = owner.execute(
        "select (public.create_import_job(%s, 'people', parent_job_id => %s, idempotency_key => 'k')).id",
        [store(queue, "k.csv", "abc"), first],
    ).fetchone()[0]
    assert queue.row(job, "idempotency_key") == "k"


def test_file_that_is_not_there_yet_gives_no_key(queue: Queue, owner: psycopg.Connection) -> None:
    first = owner.execute(MEND, [path("0.csv"), None]).fetchone()[0]
    job = owner.execute(MEND, [path("not-there.csv"), first]).fetchone()[0]
    assert queue.row(job, "idempotency_key") is None


def ended(queue: Queue, *, loaded: int, rejected: int, **columns: object) -> UUID:
    """Return a completed job with these counts."""
    claim = queue.running(created_by=OWNER, object_path=path(), **columns)
    queue.open(claim)
    queue.commit(claim, loaded=loaded, rejected=rejected)
    queue.finish(claim, loaded + rejected)
    return claim.id


def test_totals_of_a_chain(queue: Queue, owner: psycopg.Connection) -> None:
    first = ended(queue, loaded=90, rejected=10)
    second = ended(queue, loaded=7, rejected=3, parent_job_id=first)
    assert owner.execute(TOTALS, [first]).fetchone() == (2, 0, 100, 97, 0, 3)
    ended(queue, loaded=3, rejected=0, parent_job_id=second, options=Jsonb({"dry_run": True}))
    ended(queue, loaded=1, rejected=0, parent_job_id=second)
    queue.insert(created_by=OWNER, object_path=path(), parent_job_id=second)
    assert owner.execute(TOTALS, [first]).fetchone() == (5, 1, 100, 98, 0, 2)
    assert owner.execute(TOTALS, [second]).fetchone() is None
    queue.admin.execute("update public.import_jobs set undone_at = now() where id = %s", [second])
    assert owner.execute(TOTALS, [first]).fetchone() == (5, 1, 100, 91, 0, 9)


def test_job_without_corrections_is_a_chain_of_one(queue: Queue, owner: psycopg.Connection) -> None:
    assert owner.execute(TOTALS, [ended(queue, loaded=2, rejected=1)]).fetchone() == (1, 0, 3, 2, 0, 1)


def test_chains_of_others_are_not_visible(queue: Queue) -> None:
    ended(queue, loaded=2, rejected=1)
    with queue.user(OTHER) as other:
        assert other.execute("select count(*) from public.import_job_chains").fetchone() == (0,)


def test_later_jobs_outlive_the_first_one(queue: Queue, owner: psycopg.Connection) -> None:
    first = ended(queue, loaded=9, rejected=1)
    second = ended(queue, loaded=1, rejected=0, parent_job_id=first)
    queue.admin.execute("delete from public.import_jobs where id = %s", [first])
    assert queue.row(second, "parent_job_id", "first_job_id") == (None, None)
    assert owner.execute(TOTALS, [second]).fetchone() == (1, 0, 1, 1, 0, 0)
