"""What the dashboard does: Studio uploads with the secret key, and the Table Editor inserts a row as postgres."""

from __future__ import annotations

import base64
from uuid import uuid4

import httpx
import psycopg
import pytest
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from tests.clients.client_stack import ClientStack
from tests.servers import NO_CERTIFICATES
from tests.waiting import until

# Every column that can be written, with its default or null, as the form of the Table Editor has it.
COLUMNS = """
select column_name, column_default from information_schema.columns
where table_schema = 'public' and table_name = 'import_jobs' and is_generated = 'NEVER'
"""


@pytest.fixture(scope="module", autouse=True)
def target(client_stack: ClientStack) -> None:
    client_stack.sql("create table public.dashboard_people (email text primary key, name text)")
    client_stack.sql("select importer.register_target('public.dashboard_people')")


def uploaded(stack: ClientStack, content: bytes) -> str:
    """Upload a file as Studio does: resumable, with the secret key, so that the object has no owner."""
    path = f"dashboard/{uuid4()}.csv"
    pairs = {"bucketName": "imports", "objectName": path, "contentType": "text/csv", "cacheControl": "3600"}
    metadata = ",".join(f"{name} {base64.b64encode(value.encode()).decode()}" for name, value in pairs.items())
    headers = {"apikey": stack.env["SECRET_KEY"], "tus-resumable": "1.0.0", "x-upsert": "true"}
    with httpx.Client(headers=headers, verify=NO_CERTIFICATES) as http:
        created = http.post(
            f"{stack.env['API_URL']}/storage/v1/upload/resumable",
            headers={"upload-length": str(len(content)), "upload-metadata": metadata},
        )
        assert created.status_code == 201, created.text
        sent = http.patch(
            created.headers["location"],
            content=content,
            headers={"upload-offset": "0", "content-type": "application/offset+octet-stream"},
        )
        assert sent.status_code == 204, sent.text
    return path


def insert_as_table_editor(stack: ClientStack, **values: object) -> dict[str, object]:
    """Insert a row by the statement of the Table Editor, with all columns, and return it."""
    with psycopg.connect(stack.env["DATABASE_URL"], autocommit=True, row_factory=dict_row) as conn:
        columns = conn.execute(COLUMNS).fetchall()
        names = ", ".join(f'"{column["column_name"]}"' for column in columns)
        fields = ", ".join(f'{column["column_default"] or "null"} as "{column["column_name"]}"' for column in columns)
        (form,) = conn.execute(f"select to_jsonb(form) as row from (select {fields}) as form")
        inserted = conn.execute(
            f"insert into public.import_jobs ({names})"
            f" select {names} from jsonb_populate_record(null::public.import_jobs, %s) returning *",
            [Jsonb(form["row"] | values)],
        ).fetchone()
        assert inserted is not None
        return inserted


def test_file_and_row_of_the_dashboard_are_imported(client_stack: ClientStack) -> None:
    path = uploaded(client_stack, b"email,name\na@example.com,Ada\n")
    (stored,) = client_stack.sql("select owner_id from storage.objects where name = %s", path)
    assert stored["owner_id"] is None
    job = insert_as_table_editor(client_stack, object_path=path, target="dashboard_people")
    assert (job["status"], job["created_by"]) == ("pending", None)

    def ended() -> dict[str, object] | None:
        (row,) = client_stack.sql("select * from public.import_jobs where id = %s", job["id"])
        return row if row["finished_at"] else None

    done = until(ended, "the end of the job")
    assert done["status"] == "completed", (done["error_code"], done["error_message"])
    assert client_stack.sql("select email, name from public.dashboard_people") == [
        {"email": "a@example.com", "name": "Ada"}
    ]
