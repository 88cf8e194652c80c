"""The servers that tests start: the local Storage API and the stand-in for pg_net, each as a real process."""

from __future__ import annotations

import os
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import jwt
import psycopg

from processor.local import postgres_installation
from processor.local.ports import free_port
from tests.waiting import DEADLINE, until

POSTGRES_MAJOR = int(os.environ.get("IMPORT_JOBS_TEST_POSTGRES", str(postgres_installation.DEFAULT_MAJOR)))
SECRET_KEY = "sb_secret_for_tests_only"
PUBLISHABLE_KEY = "sb_publishable_for_tests"
JWT_SECRET = "a secret of the tests that is long enough"
ALICE = "11111111-1111-4111-8111-111111111111"
BOB = "22222222-2222-4222-8222-222222222222"
# For http:// on loopback. The default context loads the CA certificates, which takes 28 ms of CPU per client.
NO_CERTIFICATES = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


@contextmanager
def server_folder(prefix: str) -> Iterator[Path]:
    """Yield a temporary folder that the server's account can enter when root runs the tests (tmp_path it cannot)."""
    with tempfile.TemporaryDirectory(prefix=prefix) as name:
        folder = Path(name)
        folder.chmod(0o711)
        yield folder


def turn_fsync_off(superuser_url: str) -> None:
    """Stop a server of the tests from waiting for the disk (0.3 to 4 ms per commit).

    A crash of Postgres loses nothing without fsync; only a crash of the machine would.
    """
    with psycopg.connect(superuser_url, autocommit=True) as conn:
        conn.execute("alter system set fsync = off")
        conn.execute("alter system set full_page_writes = off")
        conn.execute("select pg_reload_conf()")


@dataclass(frozen=True, slots=True)
class StorageFiles:
    """The files of the bucket `imports`, accessed with the secret key."""

    url: str
    key: str
    client: httpx.Client = field(default_factory=lambda: httpx.Client(trust_env=False, verify=NO_CERTIFICATES))

    def upload(self, data: bytes, path: str, content_type: str = "text/csv") -> str:
        """Write a file, over an existing one if there is one; return its path."""
        headers = {"apikey": self.key, "content-type": content_type, "x-upsert": "true"}
        self.client.post(self._object_url(path), headers=headers, content=data).raise_for_status()
        return path

    def download(self, path: str) -> bytes:
        """Return the content of a file."""
        response = self.client.get(self._object_url(path), headers={"apikey": self.key})
        response.raise_for_status()
        return response.content

    def _object_url(self, path: str) -> str:
        return f"{self.url}/storage/v1/object/imports/{path}"


def token(user: str | None = ALICE, role: str = "authenticated", seconds: int = 600, secret: str = JWT_SECRET) -> str:
    """Return a JWT that expires in `seconds`."""
    claims: dict[str, object] = {"role": role, "exp": int(time.time()) + seconds}
    return jwt.encode(claims | ({"sub": user} if user else {}), secret, algorithm="HS256")


@dataclass(slots=True)
class StorageApi:
    """A running Storage API, with a client for each kind of caller."""

    process: subprocess.Popen[bytes]
    origin: str
    root: Path
    clients: list[httpx.Client] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"{self.origin}/storage/v1"

    def client(self, headers: Mapping[str, str]) -> httpx.Client:
        client = httpx.Client(base_url=self.url, headers=dict(headers), timeout=30, verify=NO_CERTIFICATES)
        self.clients.append(client)
        return client

    def service(self) -> httpx.Client:
        return self.client({"apikey": SECRET_KEY})

    def user(self, user: str = ALICE) -> httpx.Client:
        return self.client({"apikey": PUBLISHABLE_KEY, "authorization": f"Bearer {token(user)}"})

    def anonymous(self) -> httpx.Client:
        return self.client({"apikey": PUBLISHABLE_KEY})

    def files(self) -> list[Path]:
        """Return every file below the root: stored files and unfinished uploads."""
        return [path for path in self.root.rglob("*") if path.is_file()]

    def peak_memory(self) -> int:
        """Return the peak resident memory of the process in bytes."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) * 1024


@contextmanager
def storage_api(database_url: str, root: Path | None = None, **variables: str) -> Iterator[StorageApi]:
    """Run a Storage API on a database until the block ends, on the files of an earlier one if `root` is given.

    It is behind the gateway, as in the stack.
    """
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="import-jobs-storage-") as new_root:
        environment = os.environ | {
            "STORAGE_DATABASE_URL": database_url,
            "STORAGE_ROOT": str(root or new_root),
            "STORAGE_PORT": str(port),
            "SUPABASE_JWT_SECRET": JWT_SECRET,
            "SUPABASE_SECRET_KEY": SECRET_KEY,
            "SUPABASE_PUBLISHABLE_KEY": PUBLISHABLE_KEY,
            **variables,
        }
        process = subprocess.Popen([sys.executable, "-m", "processor.local.gateway"], env=environment)
        api = StorageApi(process, f"http://127.0.0.1:{port}", root or Path(new_root))
        try:
            until(lambda: _is_healthy(api), "a running Storage API")
            yield api
        finally:
            for client in api.clients:
                client.close()
            process.terminate()
            process.wait(DEADLINE)


def _is_healthy(api: StorageApi) -> bool:
    assert api.process.poll() is None, "the Storage API ended while starting"
    try:
        return httpx.get(f"{api.origin}/health", verify=NO_CERTIFICATES).status_code == 200
    except httpx.TransportError:
        return False


class PgnetWorker:
    """`python -m processor.local.pgnet` on one database, without a pause between batches unless `pause` gives one."""

    def __init__(self, url: str, pause: float = 0) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "processor.local.pgnet"],
            env={**os.environ, "PGNET_DATABASE_URL": url, "PGNET_PAUSE_SECONDS": str(pause)},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def wait_ready(self) -> PgnetWorker:
        """Return when the worker serves the queue."""
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == "ready\n"
        return self

    def __enter__(self) -> PgnetWorker:
        return self.wait_ready()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> int:
        """Send SIGTERM and return the exit status."""
        if self.process.poll() is None:
            self.process.terminate()
        try:
            return self.process.wait(DEADLINE)
        finally:
            self.process.kill()
            assert self.process.stdout is not None
            self.process.stdout.close()
