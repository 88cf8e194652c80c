"""The undo of a million rows, asked for through PostgREST by the user who has imported them."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tests.clients.client_stack import ClientStack
from tests.clients.test_supabase_py import sign_up, user_id
from tests.waiting import until

ROWS = 1_000_000
# A target of its own, whose trigger makes each deletion take longer than the Data API allows.
TARGET = """
create table public.measurements (id bigint primary key, reading numeric, owner uuid, import_job uuid);
alter table public.measurements enable row level security;
create policy "own rows" on public.measurements to authenticated
using (owner = (select auth.uid())) with check (owner = (select auth.uid()));
grant select, insert, delete on public.measurements to authenticated;
create function public.wait() returns trigger language plpgsql as $$ begin perform pg_sleep(9); return null; end $$;
create trigger wait before delete on public.measurements for each statement execute function public.wait();
"""
REGISTERED = """
select importer.register_target(
  'public.measurements', owner_column => 'owner', provenance_column => 'import_job', undo_days => 7
)
"""
pytestmark = [
    pytest.mark.nightly,
    pytest.mark.filterwarnings("ignore:The '(verify|timeout)' parameter is deprecated:DeprecationWarning"),
]


def test_undo_takes_longer_than_the_data_api_allows_and_is_done(client_stack: ClientStack) -> None:
    client_stack.sql(TARGET)
    client_stack.sql(REGISTERED)
    client = sign_up(client_stack)
    path = f"{user_id(client)}/measurements.csv"
    content = b"id,reading\n" + b"".join(b"%d,%d.5\n" % (n, n % 100) for n in range(ROWS))
    client.storage.from_("imports").upload(path, content, {"content-type": "text/csv"})
    job = client.table("import_jobs").insert({"object_path": path, "target": "measurements"}).execute().data[0]

    def row() -> dict[str, Any]:
        return client.table("import_jobs").select("*").eq("id", job["id"]).single().execute().data

    def ended() -> dict[str, Any] | None:
        now = row()
        return now if now["status"] in ("completed", "failed") else None

    assert until(ended, row, 120)["rows_loaded"] == ROWS
    began = time.monotonic()
    client.rpc("undo_import_job", {"id": job["id"]}).execute()
    assert time.monotonic() - began < 2
    done = until(lambda: row() if row()["undone_at"] or row()["undo_error_code"] else None, row, 300)
    seconds = time.monotonic() - began
    print(f"{seconds:.1f} s")
    assert (done["undo_error_code"], done["status"]) == (None, "completed")
    assert seconds > 8  # the statement time-out of `authenticated`
    assert client.table("measurements").select("id").limit(1).execute().data == []
