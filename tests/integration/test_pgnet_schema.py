"""The interface of the stand-in is that of pg_net 0.20."""

from __future__ import annotations

import psycopg
import pytest
from psycopg import errors

from processor.local import pgnet

SIGNATURES = {
    "http_get": "url text, params jsonb DEFAULT '{}'::jsonb, headers jsonb DEFAULT '{}'::jsonb, "
    "timeout_milliseconds integer DEFAULT 5000",
    "http_post": "url text, body jsonb DEFAULT '{}'::jsonb, params jsonb DEFAULT '{}'::jsonb, "
    'headers jsonb DEFAULT \'{"Content-Type": "application/json"}\'::jsonb, '
    "timeout_milliseconds integer DEFAULT 5000",
    "http_delete": "url text, params jsonb DEFAULT '{}'::jsonb, headers jsonb DEFAULT '{}'::jsonb, "
    "timeout_milliseconds integer DEFAULT 5000, body jsonb DEFAULT NULL::jsonb",
    "http_collect_response": "request_id bigint, async boolean DEFAULT true",
    "_http_collect_response": "request_id bigint, async boolean DEFAULT true",
    "_await_response": "request_id bigint",
    "wake": "",
    "wait_until_running": "",
    "check_worker_is_up": "",
    "worker_restart": "",
}
COLUMNS = {
    "http_request_queue": "id bigint, method net.http_method, url text, headers jsonb, body bytea, "
    "timeout_milliseconds integer",
    "_http_response": "id bigint, status_code integer, content_type text, headers jsonb, content text, "
    "timed_out boolean, error_msg text, created timestamp with time zone",
}


@pytest.fixture(scope="module")
def admin(floor_module_db):
    with floor_module_db.connect() as conn:
        yield conn


@pytest.fixture
def conn(admin):
    """The administrator's connection, in a transaction that is rolled back."""
    with admin.transaction(force_rollback=True):
        yield admin


def queued(conn: psycopg.Connection) -> tuple:
    """Return the last request of the queue, which no worker serves here."""
    row = conn.execute(
        "select method, url, headers, body, timeout_milliseconds from net.http_request_queue order by id desc"
    ).fetchone()
    assert row is not None
    return row


@pytest.mark.parametrize("name", SIGNATURES)
def test_function_has_the_arguments_of_pg_net(conn, name):
    rows = conn.execute(
        """select pg_get_function_arguments(oid), prosecdef from pg_proc
           where pronamespace = 'net'::regnamespace and proname = %s""",
        [name],
    ).fetchall()
    assert rows == [(SIGNATURES[name], False)]


@pytest.mark.parametrize("name", COLUMNS)
def test_table_is_unlogged_and_has_the_columns_of_pg_net(conn, name):
    row = conn.execute(
        """select relpersistence::text, string_agg(attname || ' ' || format_type(atttypid, null), ', ' order by attnum)
           from pg_class join pg_attribute on attrelid = pg_class.oid and attnum > 0
           where relnamespace = 'net'::regnamespace and relname = %s group by 1""",
        [name],
    ).fetchone()
    assert row == ("u", COLUMNS[name])


def test_sequence_of_the_queue_is_unlogged_too(conn):
    row = conn.execute(
        "select relpersistence::text from pg_class where oid = 'net.http_request_queue_id_seq'::regclass"
    ).fetchone()
    assert row == ("u",)


def test_owner_is_the_superuser(conn):
    row = conn.execute("select nspowner::regrole::text from pg_namespace where nspname = 'net'").fetchone()
    assert row == ("supabase_admin",)


def test_install_again_changes_nothing(floor_module_db, conn):
    conn.execute("select net.http_get('http://host/')")
    with psycopg.connect(floor_module_db.superuser_url) as superuser:
        pgnet.install(superuser)
    assert queued(conn)[1] == "http://host/"


@pytest.mark.parametrize("role", ["anon", "authenticated", "service_role"])
def test_every_role_may_queue_and_read(floor_module_db, role):
    with floor_module_db.connect(role) as conn:
        conn.execute("select net.http_post('http://host/')")
        assert queued(conn)[0] == "POST"
        assert conn.execute("select count(*) from net._http_response").fetchone() == (0,)


def test_post_queues_body_headers_and_default_timeout(conn):
    conn.execute("""select net.http_post('http://host', '{"a": 1}', headers => '{"X-Token": "t"}')""")
    assert queued(conn) == (
        "POST",
        "http://host/",
        {"X-Token": "t", "Content-Type": "application/json"},
        b'{"a": 1}',
        5000,
    )


def test_get_queues_no_body(conn):
    conn.execute("select net.http_get('http://host/x', timeout_milliseconds => 7)")
    assert queued(conn) == ("GET", "http://host/x", {}, None, 7)


def test_delete_queues_its_body(conn):
    conn.execute("""select net.http_delete('http://host/x', body => '[1]')""")
    assert queued(conn) == ("DELETE", "http://host/x", {}, b"[1]", 5000)


def test_post_of_another_content_type_raises(conn):
    with pytest.raises(errors.RaiseException, match='Content-Type header must be "application/json"'):
        conn.execute("""select net.http_post('http://host', headers => '{"content-type": "text/csv"}')""")


@pytest.mark.parametrize(
    ("url", "params", "full"),
    [
        ("http://host", "{}", "http://host/"),
        ("http://host?a=1", "{}", "http://host/?a=1"),
        ("http://host/p?a=1#end", '{"b": "é &~"}', "http://host/p?a=1&b=%C3%A9%20%26~#end"),
        ("http://host/p", '{"n": 1, "t": true}', "http://host/p?n=1&t=true"),
        ("http://[::1]:80/p?", '{"a": ""}', "http://[::1]:80/p?a="),
    ],
)
def test_params_are_encoded_into_the_query(conn, url, params, full):
    conn.execute("select net.http_get(%s, %s)", [url, params])
    assert queued(conn)[1] == full


@pytest.mark.parametrize("url", ["", "host/path", "http://", "http://a host/", "http://host/a b", None])
def test_invalid_url_raises(conn, url):
    with pytest.raises(errors.RaiseException, match="URL using bad/illegal format or missing URL"):
        conn.execute("select net.http_post(%s)", [url])


def test_method_is_checked_by_the_domain(conn):
    with pytest.raises(errors.CheckViolation):
        conn.execute("select 'PATCH'::net.http_method")


def test_response_is_collected_as_error_when_there_is_none(conn):
    row = conn.execute("select (net._http_collect_response(1)).*").fetchone()
    assert row == ("ERROR", "request matching request_id not found", None)


def test_check_raises_when_nothing_serves_the_queue(conn):
    with pytest.raises(errors.RaiseException, match="the pg_net background worker is not up"):
        conn.execute("select net.check_worker_is_up()")
