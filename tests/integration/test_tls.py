"""Connections with TLS: what sslmode demands is checked, and what is missing is said instead of waited for."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from processor.database.connection import connect
from processor.database.sqlstates import is_not_up, user_error
from tests.conftest import Cluster, Database
from tests.integration.tls_proxy import TlsProxy

SUBJECT = "/CN=localhost"


def make_certificate(folder: Path, name: str) -> None:
    """Make a key and a certificate for `localhost` that is its own authority, as that of a hosted project is."""
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"),
            *("-keyout", str(folder / f"{name}.key"), "-out", str(folder / f"{name}.crt"), "-subj", SUBJECT),
            *("-days", "2", "-addext", "subjectAltName=DNS:localhost"),
        ],
        check=True,
        capture_output=True,
    )


@dataclass(frozen=True, slots=True)
class Server:
    """A server that encrypts, and the folder with its certificate, and with `other.crt`, which is not its own."""

    port: int
    folder: Path


@pytest.fixture(scope="module")
def server(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Server:
    """The server of the tests behind a proxy that encrypts."""
    folder = tmp_path_factory.mktemp("tls")
    for name in ("server", "other"):
        make_certificate(folder, name)
    proxy = TlsProxy(cluster.server.port, folder / "server.crt", folder / "server.key")
    return Server(proxy.start(), folder)


def url(server: Server, db: Database, host: str, parameters: str) -> str:
    address = db.processor_url.replace(f"127.0.0.1:{db.server.port}", f"{host}:{server.port}")
    return f"{address}?{parameters.format(server.folder)}"


def refused(database_url: str) -> str:
    """Return the message of a refused connection, after which nobody waits."""
    with pytest.raises(psycopg.OperationalError) as caught:
        connect(database_url)
    assert not is_not_up(caught.value)
    error = user_error(caught.value)
    assert error.code == "IJ131"
    assert "sslrootcert" in error.hint
    return str(error)


def test_server_with_the_certificate_is_accepted(server: Server, db: Database) -> None:
    with connect(url(server, db, "localhost", "sslmode=verify-full&sslrootcert={}/server.crt")) as conn:
        assert conn.pgconn.ssl_in_use
        assert conn.execute("select current_user").fetchone() == ("import_processor",)


@pytest.mark.parametrize(
    ("host", "parameters", "reason"),
    [
        ("localhost", "sslmode=verify-full&sslrootcert={}/other.crt", "certificate verify failed"),
        ("localhost", "sslmode=verify-full&sslrootcert=system", "certificate verify failed"),
        ("localhost", "sslmode=verify-full&sslrootcert={}/nowhere.crt", 'nowhere.crt" does not exist'),
        ("127.0.0.1", "sslmode=verify-full&sslrootcert={}/server.crt", 'does not match host name "127.0.0.1"'),
        ("localhost", "sslmode=require&sslrootcert=system", 'weak sslmode "require" may not be used'),
        ("localhost", "sslmode=verify", 'invalid sslmode value: "verify"'),
    ],
    ids=["another-certificate", "public-authorities", "no-file", "another-name", "weak", "unknown-mode"],
)
def test_server_that_is_not_the_one_is_refused(
    server: Server, db: Database, host: str, parameters: str, reason: str
) -> None:
    assert reason in refused(url(server, db, host, parameters))


def test_processor_does_not_wait_for_a_server_to_encrypt(db: Database) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "processor.cli", "serve"],
        env={
            **os.environ,
            "DATABASE_URL": f"{db.processor_url}?sslmode=require",
            "SUPABASE_URL": "http://127.0.0.1:9",
            "SUPABASE_SECRET_KEY": "sb_secret_x",
            "IMPORT_JOBS_PORT": "9",
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    said = " ".join(done.stderr.split())
    assert said.startswith("error IJ131: the connection to the database is not as secure as DATABASE_URL demands")
    assert "(server does not support SSL, but SSL was required)" in said
