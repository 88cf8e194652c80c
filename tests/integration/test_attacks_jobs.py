"""Attacks on jobs: jobs inserted with a state, an owner or a lease, and access to jobs of other users."""

from uuid import UUID, uuid4

import psycopg
import pytest

from tests.integration.queue_harness import OTHER, OWNER, Queue, raises

FORGED = {
    "status": "'completed'",
    "created_by": f"'{OTHER}'",
    "attempts": "-5",
    "max_attempts": "100",
    "phase": "'loading'",
    "rows_loaded": "1000000",
    "rows_read": "1",
    "bytes_total": "1",
    "bytes_read": "1",
    "file_etag": "'x'",
    "file_sha256": "repeat('0', 64)",
    "dialect": "'{}'",
    "report": "'{}'",
    "preview": "'[]'",
    "errors_path": f"'{OTHER}/secret.csv'",
    "output_path": f"'{OTHER}/secret.csv'",
    "error_code": "'IJ000'",
    "error_message": "'x'",
    "created_at": "now() - interval '1 year'",
    "finished_at": "now()",
    "source_deleted_at": "now()",
}


def insert(conn: psycopg.Connection, columns: str = "", values: str = "") -> UUID:
    """Insert a job of the caller with additional columns; return its id."""
    statement = (
        f"insert into public.import_jobs (object_path, target{columns}) values (%s, 'people'{values}) returning id"
    )
    return conn.execute(statement, [f"{OWNER}/people.csv"]).fetchone()[0]


@pytest.mark.parametrize("column", FORGED)
def test_client_cannot_insert_a_job_with_a_state_of_its_own(queue: Queue, column: str) -> None:
    with queue.user() as conn, raises("42501"):
        insert(conn, f", {column}", f", {FORGED[column]}")


@pytest.mark.parametrize("column", FORGED)
def test_client_cannot_write_state_into_its_job(queue: Queue, column: str) -> None:
    job = queue.insert(created_by=OWNER)
    code = "IJ101" if column == "status" else "42501"
    with queue.user() as conn, raises(code):
        conn.execute(f"update public.import_jobs set {column} = {FORGED[column]} where id = %s", [job])


@pytest.mark.parametrize("column", ["target", "object_path", "bucket_id", "options", "run_after", "priority", "id"])
def test_what_a_job_imports_cannot_be_changed_after_the_insert(queue: Queue, column: str) -> None:
    job = queue.job_that_is("failed", created_by=OWNER)
    statement = f"update public.import_jobs set {column} = default, status = 'pending' where id = %s"
    for conn in (queue.user(), queue.db.connect("service_role")):
        with conn, raises("42501"):
            conn.execute(statement, [job])
    assert queue.row(job, "status", "target") == ("failed", "people")


@pytest.mark.parametrize("column", ["status", "attempts", "phase", "error_code"])
def test_administrator_cannot_insert_a_job_that_is_not_pending(queue: Queue, column: str) -> None:
    with raises("IJ101"):
        insert(queue.admin, f", {column}", f", {FORGED[column]}")


@pytest.mark.parametrize(
    "statement",
    [
        "insert into importer.job_leases (job_id, worker, attempt, expires_at) values (%s, 'me', 1, 'infinity')",
        "insert into importer.job_identities (job_id, role, claims) values (%s, 'service_role', '{}')",
        "update importer.job_identities set claims = '{}' where job_id = %s",
        "insert into importer.job_chunks values (%s, 0, 0, 1, 1, 1, 0, 0, 0, 0, 1)",
        "select importer.claim_jobs(%s::text, 1)",
        "select importer.check_admission(%s, gen_random_uuid())",
        "select importer.list_rejections(%s)",
        "select importer.setting(%s::text)",
        "select importer.configure('http://attacker.example', %s::text)",
    ],
)
def test_client_reaches_nothing_in_importer(queue: Queue, statement: str) -> None:
    with queue.user() as conn:
        job = insert(conn)
        with raises("42501"):
            conn.execute(statement, [job])


@pytest.mark.parametrize("function", ["cancel_import_job", "retry_import_job"])
@pytest.mark.parametrize("status", ["pending", "running", "failed"])
def test_another_tenants_job_does_not_exist_for_a_function(queue: Queue, function: str, status: str) -> None:
    job = queue.job_that_is(status, created_by=OTHER)
    with queue.user() as conn, raises("IJ108"):
        conn.execute(f"select public.{function}(%s)", [job])
    assert queue.row(job, "status") == status


def test_job_of_another_tenant_gives_the_same_error_as_a_missing_one(queue: Queue) -> None:
    errors = []
    for job in (queue.insert(created_by=OTHER), uuid4()):
        with queue.user() as conn, raises("IJ108") as caught:
            conn.execute("select public.cancel_import_job(%s)", [job])
        errors.append((caught.value.diag.message_primary, caught.value.diag.message_hint))
    assert errors[0] == errors[1]


def test_update_without_where_does_not_change_jobs_of_another_tenant(queue: Queue) -> None:
    job = queue.insert(created_by=OTHER)
    with queue.user() as conn:
        assert conn.execute("update public.import_jobs set status = 'cancelled'").rowcount == 0
    assert queue.row(job, "status") == "pending"


@pytest.mark.parametrize("table", ["import_job_errors", "import_job_events"])
@pytest.mark.parametrize(
    "condition", ["", " where job_id = %s", " as e inner join public.import_jobs as j on j.id = e.job_id"]
)
def test_rejections_and_events_of_another_tenant_cannot_be_read(queue: Queue, table: str, condition: str) -> None:
    claim = queue.running(created_by=OTHER)
    rejection = {"record": 1, "line": 2, "column": "a", "code": "IJ403", "message": "m", "raw": "secret"}
    queue.open(claim)
    queue.commit(claim, loaded=0, rejected=1, rejections=[rejection])
    with queue.user() as conn:
        assert (
            conn.execute(f"select from public.{table}{condition}", [claim.id] if "%s" in condition else None).rowcount
            == 0
        )
    with queue.user(OTHER) as conn:
        assert conn.execute(f"select from public.{table}").rowcount > 0


def test_function_in_a_filter_sees_no_job_of_another_tenant(queue: Queue) -> None:
    """A leaky function of the caller must not see rows before the policy has been applied."""
    queue.insert(created_by=OTHER, object_path=f"{OTHER}/secret.csv")
    with queue.user() as conn:
        conn.execute(
            "create function pg_temp.spy(path text) returns boolean language plpgsql cost 0.0000001"
            " as 'begin raise notice ''%'', path; return true; end'"
        )
        notices: list[str] = []
        conn.add_notice_handler(lambda notice: notices.append(notice.message_primary or ""))
        conn.execute("select from public.import_jobs where pg_temp.spy(object_path)")
    assert notices == []


def test_upsert_over_a_job_of_another_tenant_is_refused(queue: Queue) -> None:
    job = queue.insert(created_by=OTHER)
    statement = (
        "insert into public.import_jobs (id, object_path, target) values (%s, %s, 'people')"
        " on conflict (id) do update set status = 'cancelled'"
    )
    with queue.user() as conn, raises("IJ115"):
        conn.execute(statement, [job, f"{OWNER}/a.csv"])
    assert queue.row(job, "status", "created_by") == ("pending", OTHER)


def test_job_keeps_the_claims_of_the_caller(queue: Queue) -> None:
    """The snapshot holds the claims that PostgREST verified, whatever the options of the job contain."""
    with queue.user() as conn:
        job = insert(conn, ", options", f""", '{{"mapping": {{"sub": "{OTHER}"}}}}'""")
    subject = queue.value("select claims ->> 'sub' from importer.job_identities where job_id = %s", job)
    assert subject == str(OWNER)


def test_job_keeps_the_role_in_force_and_not_the_claimed_one(queue: Queue) -> None:
    claims = {"sub": str(OWNER), "role": "service_role", "aal": "aal2", "app_metadata": {"admin": True}}
    with queue.db.connect("authenticated", claims) as conn:
        job = insert(conn)
    role, stored_claims = queue.admin.execute(
        "select role, claims from importer.job_identities where job_id = %s", [job]
    ).fetchone()
    assert role == "authenticated"
    assert stored_claims == {"sub": str(OWNER), "role": "authenticated", "aal": "aal2"}


@pytest.mark.parametrize("owner", [OTHER, None])
@pytest.mark.parametrize("conflict", ["", " on conflict do nothing", " on conflict (id) do nothing"])
def test_id_of_anothers_job_is_refused_without_saying_whose_it_is(
    queue: Queue, owner: UUID | None, conflict: str
) -> None:
    taken = queue.insert(created_by=owner)
    with queue.user() as conn, raises("IJ115") as caught:
        conn.execute(
            f"insert into public.import_jobs (id, object_path, target) values (%s, %s, 'people'){conflict}",
            [taken, f"{OWNER}/people.csv"],
        )
    told = f"{caught.value} {caught.value.diag.message_hint} {caught.value.diag.message_detail}"
    assert str(OTHER) not in told
    assert str(taken) not in told


def test_create_import_job_refuses_the_id_of_anothers_job(queue: Queue) -> None:
    taken = queue.insert(created_by=OTHER)
    with queue.user() as conn, raises("IJ115"):
        conn.execute(
            "select public.create_import_job(object_path => %s, target => 'people', id => %s)",
            [f"{OWNER}/people.csv", taken],
        )


def test_insert_with_an_id_can_be_repeated_by_its_owner(queue: Queue) -> None:
    statement = (
        "insert into public.import_jobs (id, object_path, target) values (%s, %s, 'people') on conflict (id) do nothing"
    )
    arguments = [uuid4(), f"{OWNER}/people.csv"]
    with queue.user() as conn:
        assert [conn.execute(statement, arguments).rowcount for _ in range(2)] == [1, 0]
