"""importer.configure and importer.setting use Vault if it is installed, otherwise importer.settings."""

from collections.abc import Iterator

import psycopg
import pytest

from tests.integration.queue_harness import Queue, raises

URL, TOKEN = "http://127.0.0.1:9", "ring-token"
# The interface of Supabase's Vault, without its encryption.
VAULT = """
create schema vault;
create table vault.secrets (
  id uuid primary key default gen_random_uuid(), name text unique, secret text, created_at timestamptz default now()
);
create view vault.decrypted_secrets as select id, name, secret as decrypted_secret, created_at from vault.secrets;
create function vault.create_secret(new_secret text, new_name text default null, new_description text default '')
returns uuid language sql as $$
  insert into vault.secrets (name, secret) values (new_name, new_secret) returning id
$$;
create function vault.update_secret(
  secret_id uuid, new_secret text default null, new_name text default null, new_description text default null
) returns void language sql as $$
  update vault.secrets set secret = coalesce(new_secret, secret) where id = secret_id
$$;
"""


@pytest.fixture
def conn(queue: Queue) -> Iterator[psycopg.Connection]:
    """The administrator's connection, in a transaction that is rolled back."""
    with queue.admin.transaction(force_rollback=True):
        yield queue.admin


@pytest.fixture
def vault(conn: psycopg.Connection) -> psycopg.Connection:
    conn.execute(VAULT)
    return conn


def configure(conn: psycopg.Connection, url: str = URL, token: str = TOKEN) -> str:
    return conn.execute("select importer.configure(%s, %s)", [url, token]).fetchone()[0]


def settings(conn: psycopg.Connection) -> dict[str, str]:
    return dict(conn.execute("select name, value from importer.settings").fetchall())


def setting(conn: psycopg.Connection, name: str) -> str | None:
    return conn.execute("select importer.setting(%s)", [name]).fetchone()[0]


def test_without_vault_url_and_token_are_stored_in_settings(conn: psycopg.Connection) -> None:
    assert configure(conn) == "importer.settings"
    assert settings(conn) == {"import_jobs_processor_url": URL, "import_jobs_wake_token": TOKEN}


def test_without_vault_a_second_call_replaces_both(conn: psycopg.Connection) -> None:
    configure(conn)
    configure(conn, "http://127.0.0.1:10", "new")
    assert settings(conn) == {"import_jobs_processor_url": "http://127.0.0.1:10", "import_jobs_wake_token": "new"}


def test_with_vault_url_and_token_are_stored_in_vault_only(vault: psycopg.Connection) -> None:
    assert configure(vault) == "vault"
    assert settings(vault) == {}
    secrets = dict(vault.execute("select name, decrypted_secret from vault.decrypted_secrets").fetchall())
    assert secrets == {"import_jobs_processor_url": URL, "import_jobs_wake_token": TOKEN}


def test_with_vault_a_second_call_updates_the_secrets(vault: psycopg.Connection) -> None:
    configure(vault)
    configure(vault, "http://127.0.0.1:10", "new")
    secrets = vault.execute("select decrypted_secret from vault.decrypted_secrets order by name").fetchall()
    assert secrets == [("http://127.0.0.1:10",), ("new",)]


def test_values_move_from_settings_to_a_vault_installed_later(conn: psycopg.Connection) -> None:
    configure(conn, token="old")
    conn.execute(VAULT)
    configure(conn, token="new")
    assert settings(conn) == {}
    assert setting(conn, "import_jobs_wake_token") == "new"


def test_vault_secret_takes_precedence_over_the_setting(vault: psycopg.Connection) -> None:
    vault.execute("insert into importer.settings (name, value) values ('import_jobs_wake_token', 'setting')")
    vault.execute("select vault.create_secret('secret', 'import_jobs_wake_token')")
    assert setting(vault, "import_jobs_wake_token") == "secret"


def test_setting_is_read_if_vault_has_no_such_secret(vault: psycopg.Connection) -> None:
    vault.execute("insert into importer.settings (name, value) values ('import_jobs_wake_token', 'setting')")
    assert setting(vault, "import_jobs_wake_token") == "setting"


def test_unknown_setting_is_null(conn: psycopg.Connection) -> None:
    assert setting(conn, "import_jobs_wake_token") is None


def test_trigger_rings_with_url_and_token_of_vault(vault: psycopg.Connection) -> None:
    configure(vault, token="of-vault")
    vault.execute("insert into public.import_jobs (object_path, target) values ('a', 'people')")
    url, headers = vault.execute("select url, headers from net.http_request_queue order by id desc limit 1").fetchone()
    assert url == f"{URL}/process-import-jobs"
    assert headers["Authorization"] == "Bearer of-vault"


def test_ringing_without_configuration_raises_ij109(conn: psycopg.Connection) -> None:
    with raises("IJ109"):
        conn.execute("select importer.notify_process_import_jobs_async()")


def test_processor_may_read_the_token_and_no_other_setting(queue: Queue) -> None:
    configure(queue.admin)
    assert queue.processor.execute("select importer.wake_token()").fetchone() == (TOKEN,)
    with raises("42501"):
        queue.processor.execute("select importer.setting('import_jobs_wake_token')")
    with raises("42501"):
        queue.processor.execute("select from importer.settings")


@pytest.mark.parametrize("role", ["anon", "authenticated", "service_role"])
def test_clients_may_not_read_the_token(queue: Queue, role: str) -> None:
    with queue.db.connect(role) as client, raises("42501"):
        client.execute("select importer.wake_token()")
