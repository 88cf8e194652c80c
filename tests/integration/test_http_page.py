"""The page over HTTP: where it is served, with which headers, what browsers may keep, and what they get compressed."""

from __future__ import annotations

import base64
import gzip
import json
import select
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from processor.config import BadEnvironment, from_environment
from processor.http.page import FOLDER, origins, without_credentials
from tests.conftest import Cluster
from tests.integration.http_harness import ID, TOKEN, Response, Server, serving

KEY = "sb_publishable_0123456789"
PUBLIC = "https://abcdefgh.supabase.co"
NAMES = sorted(path.name for path in FOLDER.iterdir())
ASSETS = [name for name in NAMES if name != "index.html"]


@pytest.fixture(scope="module")
def server(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    log: Path = tmp_path_factory.mktemp("page") / "processor.log"
    variables = {"SUPABASE_PUBLISHABLE_KEY": KEY, "IMPORT_JOBS_PUBLIC_SUPABASE_URL": f"{PUBLIC}/"}
    with contextmanager(cluster.clone)("page") as db, serving(db, log, **variables) as one:
        yield one


def get(server: Server, path: str, *headers: str, method: str = "GET") -> Response:
    with server.connect() as connection:
        connection.send(f"{method} {path} HTTP/1.1", *headers)
        return connection.response(method)


def policy(response: Response) -> dict[str, set[str]]:
    parts = (part.split() for part in response.headers["content-security-policy"].split("; "))
    return {name: set(values) for name, *values in parts}


def test_page_is_served_and_names_its_files(server: Server) -> None:
    page = get(server, "/")
    assert (page.status, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert page.body == (FOLDER / "index.html").read_bytes()
    assert all(f'"/{name}"'.encode() in page.body for name in ASSETS)
    assert page.body.count(b"<script") == 1
    assert get(server, "/index.html").status == 404


@pytest.mark.parametrize("path", ["/", *(f"/{name}" for name in ASSETS), "/config.json"])
def test_every_file_has_the_headers_of_the_page(server: Server, path: str) -> None:
    response = get(server, path)
    assert response.status == 200
    assert policy(response) == {
        "default-src": {"'self'"},
        "connect-src": {
            "'self'",
            PUBLIC,
            "wss://abcdefgh.supabase.co",
            "https://abcdefgh.storage.supabase.co",
        },
        "base-uri": {"'none'"},
        "form-action": {"'self'"},
        "frame-ancestors": {"'none'"},
        "object-src": {"'none'"},
    }
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["x-frame-options"] == "DENY"


def test_settings_have_the_url_and_the_publishable_key_alone(server: Server) -> None:
    response = get(server, "/config.json")
    assert json.loads(response.body) == {"url": PUBLIC, "key": KEY}
    assert response.headers["cache-control"] == "no-cache"


def test_files_with_a_digest_in_their_name_are_kept_for_ever(server: Server) -> None:
    for name in ASSETS:
        assert get(server, f"/{name}").headers["cache-control"] == "public, max-age=31536000, immutable"
    assert get(server, "/").headers["cache-control"] == "no-cache"


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("path", ["/", f"/{ASSETS[-1]}"])
def test_what_the_browser_has_is_not_sent_again(server: Server, path: str, method: str) -> None:
    tag = get(server, path).headers["etag"]
    for given in (tag, f"W/{tag}", f'"other", {tag}'):
        again = get(server, path, f"If-None-Match: {given}", method=method)
        assert (again.status, again.body, again.headers["etag"]) == (304, b"", tag)
    assert get(server, path, 'If-None-Match: "other"').status == 200


def test_head_has_the_headers_and_no_body(server: Server) -> None:
    for path in ("/", "/config.json", f"/{ASSETS[-1]}"):
        full, head = get(server, path), get(server, path, method="HEAD")
        assert (head.status, head.body) == (200, b"")
        assert {**head.headers, "date": ""} == {**full.headers, "date": ""}


@pytest.mark.parametrize(
    ("accepted", "compressed"),
    [("gzip", True), ("br, GZIP;q=0.5", True), ("*", True), ("gzip;q=0", False), ("br", False), ("", False)],
)
def test_compression_is_that_which_is_accepted(server: Server, accepted: str, compressed: bool) -> None:
    (script,) = (name for name in ASSETS if name.endswith(".js"))
    response = get(server, f"/{script}", f"Accept-Encoding: {accepted}")
    assert (response.headers.get("content-encoding") == "gzip") is compressed
    assert response.headers["vary"] == "Accept-Encoding"
    body = gzip.decompress(response.body) if compressed else response.body
    assert body == (FOLDER / script).read_bytes()


WRONG_PATHS = [
    "/page",
    "/page.js",
    "/../config.py",
    "/%2e%2e/config.py",
    "/page/index.html",
    "//",
    "/config.json/",
    "/x?y",
]


@pytest.mark.parametrize("path", WRONG_PATHS)
def test_other_paths_do_not_exist(server: Server, path: str) -> None:
    assert get(server, path).status == 404


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_the_page_is_read_only(server: Server, method: str) -> None:
    assert get(server, "/", "Content-Length: 0", method=method).status == 405


def test_doorbell_and_probes_are_as_without_the_page(server: Server) -> None:
    assert server.ring(b'{"job_ids": ["%s"]}' % ID.encode()).status == 202
    assert get(server, "/health").json == {"status": "ok"}


def test_without_a_publishable_key_there_is_no_page(cluster: Cluster, tmp_path: Path) -> None:
    with contextmanager(cluster.clone)("no_page") as db, serving(db, tmp_path / "log") as server:
        assert {get(server, path).status for path in ("/", "/config.json", f"/{ASSETS[0]}")} == {404}
        assert get(server, "/health").status == 200


def test_clients_that_do_not_read_the_page_leave_room_for_rings(cluster: Cluster, tmp_path: Path) -> None:
    """All connections are taken by clients that have asked for the script and read nothing of it."""
    (script,) = (name for name in ASSETS if name.endswith(".js"))
    limits = json.dumps({"connections": 4, "grace_seconds": 0.2})
    variables = {"HTTP_LIMITS": limits, "SUPABASE_PUBLISHABLE_KEY": KEY}
    with (
        contextmanager(cluster.clone)("slow") as db,
        serving(db, tmp_path / "log", "tests.integration.http_server", **variables) as server,
        ExitStack() as stack,
    ):
        for _ in range(4):
            connection = stack.enter_context(server.connect())
            connection.send(f"GET /{script} HTTP/1.1")
            select.select([connection.file], [], [], 10)
        assert server.ring(b"{}").status == 202


def token(role: str) -> str:
    claims = base64.urlsafe_b64encode(json.dumps({"role": role}).encode()).decode().rstrip("=")
    return f"e30.{claims}.c2ln"


BASE = {"DATABASE_URL": "postgresql://x", "SUPABASE_URL": "http://x", "SUPABASE_SECRET_KEY": "k"}


@pytest.mark.parametrize("key", [KEY, token("anon")])
def test_keys_that_everybody_may_have(key: str) -> None:
    assert from_environment({**BASE, "SUPABASE_PUBLISHABLE_KEY": key}).publishable_key == key


@pytest.mark.parametrize("key", ["sb_secret_0123", token("service_role"), token("authenticated"), "x", "a.b.c", TOKEN])
def test_keys_that_nobody_may_have_stop_the_processor(key: str) -> None:
    with pytest.raises(BadEnvironment, match="SUPABASE_PUBLISHABLE_KEY is no publishable key") as caught:
        from_environment({**BASE, "SUPABASE_PUBLISHABLE_KEY": key})
    assert key not in str(caught.value).split()


def test_origins_of_a_project() -> None:
    assert origins("http://127.0.0.1:54321") == ["http://127.0.0.1:54321", "ws://127.0.0.1:54321"]
    assert origins("https://api.example.com/x") == ["https://api.example.com", "wss://api.example.com"]


@pytest.mark.parametrize("credentials", ["", "user@", "user:secret@", "user:s@cret@"])
def test_settings_have_no_password_of_the_url(credentials: str) -> None:
    assert without_credentials(f"https://{credentials}api.example.com:8443/x") == "https://api.example.com:8443/x"
