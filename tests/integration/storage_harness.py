"""The local Storage API as a real process over a test's own database."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import jwt
import psycopg

from processor.local.ports import free_port

SECRET_KEY = "sb_secret_for_tests_only"
PUBLISHABLE_KEY = "sb_publishable_for_tests"
JWT_SECRET = "a secret of the tests that is long enough"
ALICE = "11111111-1111-4111-8111-111111111111"
BOB = "22222222-2222-4222-8222-222222222222"

# Each user owns the folder of that name; uploads may not overwrite.
FOLDERS = """
create policy own_folder_read on storage.objects for select to authenticated
  using (bucket_id = 'files' and (storage.foldername(name))[1] = (select auth.uid())::text);
create policy own_folder_insert on storage.objects for insert to authenticated
  with check (bucket_id = 'files' and (storage.foldername(name))[1] = (select auth.uid())::text);
"""


def token(user: str | None = ALICE, role: str = "authenticated", seconds: int = 600, secret: str = JWT_SECRET) -> str:
    claims: dict[str, object] = {"role": role, "exp": int(time.time()) + seconds}
    return jwt.encode(claims | ({"sub": user} if user else {}), secret, algorithm="HS256")


@dataclass(slots=True)
class StorageApi:
    """A running server, with a client for each kind of caller."""

    process: subprocess.Popen[bytes]
    origin: str
    root: Path
    clients: list[httpx.Client] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"{self.origin}/storage/v1"

    def client(self, headers: Mapping[str, str]) -> httpx.Client:
        client = httpx.Client(base_url=self.url, headers=dict(headers), timeout=30)
        self.clients.append(client)
        return client

    def service(self) -> httpx.Client:
        return self.client({"apikey": SECRET_KEY})

    def user(self, user: str = ALICE) -> httpx.Client:
        return self.client({"apikey": PUBLISHABLE_KEY, "authorization": f"Bearer {token(user)}"})

    def anonymous(self) -> httpx.Client:
        return self.client({"apikey": PUBLISHABLE_KEY})

    def files(self) -> list[Path]:
        """Every file below the root: finished ones and leftovers."""
        return [path for path in self.root.rglob("*") if path.is_file()]

    def peak_memory(self) -> int:
        """The process's peak resident memory, in bytes."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) * 1024


@contextmanager
def storage_api(database_url: str) -> Iterator[StorageApi]:
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="import-jobs-storage-") as root:
        environment = os.environ | {
            "STORAGE_DATABASE_URL": database_url,
            "STORAGE_ROOT": root,
            "STORAGE_PORT": str(port),
            "SUPABASE_JWT_SECRET": JWT_SECRET,
            "SUPABASE_SECRET_KEY": SECRET_KEY,
            "SUPABASE_PUBLISHABLE_KEY": PUBLISHABLE_KEY,
        }
        process = subprocess.Popen([sys.executable, "-m", "processor.local.storage_api"], env=environment)
        api = StorageApi(process, f"http://127.0.0.1:{port}", Path(root))
        try:
            wait_until_healthy(api)
            yield api
        finally:
            for client in api.clients:
                client.close()
            process.terminate()
            process.wait(timeout=20)


def serve(cluster: Any, policies: str = FOLDERS) -> Iterator[tuple[StorageApi, Any]]:
    """A server over a fresh database that has the floor, a private bucket `files` and the policies."""
    with contextmanager(cluster.clone)("floor") as database:
        make_bucket(database.admin_url)
        with psycopg.connect(database.admin_url) as conn:
            conn.execute(policies)  # as the role of the migrations, which is no superuser
        with storage_api(database.url("supabase_storage_admin")) as api:
            yield api, database


def wait_until_healthy(api: StorageApi) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        assert api.process.poll() is None, "the server ended while starting"
        try:
            if httpx.get(f"{api.origin}/health").status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.05)
    raise AssertionError("the server did not start in 20 s")


def make_bucket(
    admin_url: str,
    name: str = "files",
    *,
    public: bool = False,
    limit: int | None = None,
    types: list[str] | None = None,
) -> None:
    with psycopg.connect(admin_url) as conn:
        conn.execute(
            "insert into storage.buckets (id, name, public, file_size_limit, allowed_mime_types)"
            " values (%s, %s, %s, %s, %s)",
            [name, name, public, limit, types],
        )


def refusal(response: httpx.Response) -> tuple[int, str, str]:
    """HTTP status, true code and error of a refusal."""
    body = response.json()
    assert set(body) == {"statusCode", "error", "message"}
    return response.status_code, body["statusCode"], body["error"]
