"""Run the requests of docs/how-to/edge-functions.md, and the functions of docs/how-to/from-an-edge-function.md."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.clients.base_urls import User
from tests.clients.client_stack import ClientStack
from tests.functions.edge_runtime import DENO, ROOT, EdgeRuntime, edge_runtime
from tests.servers import NO_CERTIFICATES
from tests.waiting import until

HOW_TO = ROOT / "docs" / "how-to"


def blocks(page: str, language: str) -> list[str]:
    text = (HOW_TO / page).read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


SIGN_IN, CREATE, UPLOAD, PROCESS, STATUS, CANCEL, RETRY = blocks("edge-functions.md", "bash")
(CREATED,) = blocks("edge-functions.md", "json")
AS_USER, AS_SERVICE = blocks("from-an-edge-function.md", "ts")
PASSWORD = "a long password"
PRICES = """
create table if not exists public.prices (sku text primary key, price numeric);
select importer.register_target('public.prices');
"""


def columns(page: str) -> set[str]:
    """Return the columns of a job that the reference lists."""
    text = (ROOT / "docs" / "reference" / page).read_text(encoding="utf-8")
    (listed,) = re.findall(r"A job is answered with the columns (.*?);", text, re.DOTALL)
    return set(re.findall(r"`(\w+)`", listed))


class Reader:
    """A person who runs the blocks in a shell, and sets variables to what the responses say."""

    def __init__(self, folder: Path, **variables: str) -> None:
        self.folder = folder
        self.env = {"PATH": "/usr/local/bin:/usr/bin:/bin", "no_proxy": "127.0.0.1", **variables}

    def run(self, block: str) -> dict[str, Any]:
        done = subprocess.run(
            ["bash", "-c", block], cwd=self.folder, env=self.env, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        response = json.loads(done.stdout)
        fields = {name.upper(): value for name, value in response.items() if isinstance(value, str)}
        self.env |= {name: value for name, value in fields.items() if f"${name}" in CREATE + UPLOAD + PROCESS}
        return response


@pytest.fixture(scope="module")
def functions(client_stack: ClientStack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[EdgeRuntime]:
    keys = json.dumps({"default": client_stack.env["SUPABASE_PUBLISHABLE_KEY"]})
    variables = {"SUPABASE_URL": client_stack.env["SUPABASE_URL"], "SUPABASE_PUBLISHABLE_KEYS": keys}
    with edge_runtime(tmp_path_factory.mktemp("docs") / "functions.log", "import-jobs", **variables) as runtime:
        yield runtime


def test_requests_of_the_page_import_a_file(client_stack: ClientStack, functions: EdgeRuntime, tmp_path: Path) -> None:
    email = client_stack.email()
    User(client_stack, client_stack.env["SUPABASE_URL"], email=email, password=PASSWORD)
    rows = f"email,name\n{email},Ada\n"
    (tmp_path / "people.csv").write_text(rows)
    key = client_stack.env["SUPABASE_PUBLISHABLE_KEY"]
    reader = Reader(tmp_path, SUPABASE_URL=functions.url, SUPABASE_PUBLISHABLE_KEY=key, EMAIL=email, PASSWORD=PASSWORD)
    reader.run(SIGN_IN)
    created = reader.run(CREATE)
    assert created.keys() == json.loads(CREATED).keys()
    assert created["resumable"].keys() == json.loads(CREATED)["resumable"].keys()
    reader.run(UPLOAD)
    job = reader.run(PROCESS)
    assert job.keys() == columns("edge-functions.md")
    job = until(lambda: (now := reader.run(STATUS))["status"] == "completed" and now, "the end of the job")
    assert (job["rows_loaded"], job["file_name"]) == (1, "people.csv")
    # Both are for other jobs than this one.
    assert reader.run(CANCEL)["code"] == "IJ101"
    assert reader.run(RETRY)["code"] == "IJ101"


def function(block: str, folder: Path) -> Path:
    """Write a block as the function `own`; return its folder."""
    own = folder / "own"
    own.mkdir()
    (own / "index.ts").write_text(block)
    return own


@pytest.mark.parametrize("block", [AS_USER, AS_SERVICE], ids=["user", "service"])
def test_function_of_the_page_is_type_checked(block: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [DENO, "check", function(block, tmp_path) / "index.ts"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def ended(client_stack: ClientStack, job: dict[str, Any]) -> dict[str, Any]:
    """Return the job when it has ended."""
    query = "select * from public.import_jobs where id = %s and finished_at is not null"
    (row,) = until(lambda: client_stack.sql(query, job["id"]), "the end of the job")
    return row


def test_function_of_the_page_imports_as_the_user(client_stack: ClientStack, tmp_path: Path) -> None:
    user = User(client_stack, client_stack.env["SUPABASE_URL"])
    keys = json.dumps({"default": client_stack.env["SUPABASE_PUBLISHABLE_KEY"]})
    variables = {"SUPABASE_URL": client_stack.env["SUPABASE_URL"], "SUPABASE_PUBLISHABLE_KEYS": keys}
    body = f"email,name\n{client_stack.email()},Ada\n".encode()
    with edge_runtime(tmp_path / "log", function(AS_USER, tmp_path), **variables) as runtime:
        url = f"{runtime.url}/functions/v1/own"
        assert httpx.post(url, content=body, verify=NO_CERTIFICATES).status_code == 401
        headers = {"authorization": user.http.headers["authorization"]}
        response = httpx.post(url, content=body, headers=headers, verify=NO_CERTIFICATES, timeout=30)
    assert response.status_code == 202, response.text
    job = ended(client_stack, response.json())
    assert (job["status"], job["rows_loaded"], str(job["created_by"])) == ("completed", 1, user.id)


def test_function_of_the_page_imports_as_the_service(client_stack: ClientStack, tmp_path: Path) -> None:
    client_stack.sql(PRICES)
    variables = {
        "SUPABASE_URL": client_stack.env["SUPABASE_URL"],
        "SUPABASE_SECRET_KEYS": json.dumps({"default": client_stack.env["SUPABASE_SECRET_KEY"]}),
        "PRICES_URL": "data:text/csv,sku%2Cprice%0Aa1%2C9.50%0A",
    }
    with edge_runtime(tmp_path / "log", function(AS_SERVICE, tmp_path), **variables) as runtime:
        answers = [httpx.post(f"{runtime.url}/functions/v1/own", verify=NO_CERTIFICATES, timeout=30) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [202, 202], answers[0].text
    assert answers[0].json()["id"] == answers[1].json()["id"]
    job = ended(client_stack, answers[0].json())
    assert (job["status"], job["rows_loaded"], job["created_by"]) == ("completed", 1, None)
