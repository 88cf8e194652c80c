"""A job's ring goes from the database through the relay to the processor."""

from __future__ import annotations

from pathlib import Path

from tests.clients.base_urls import User
from tests.clients.client_stack import ClientStack
from tests.functions.edge_runtime import edge_runtime
from tests.waiting import until

TAKEN = "select max(newest_ring) >= max(number) as taken from importer.processors, importer.rings where number > %s"


def test_ring_of_a_job_reaches_the_processor_through_the_relay(client_stack: ClientStack, tmp_path: Path) -> None:
    env = client_stack.env
    variables = {
        "IMPORT_JOBS_PROCESSOR_URL": env["PROCESSOR_URL"],
        "IMPORT_JOBS_WAKE_TOKEN": env["IMPORT_JOBS_WAKE_TOKEN"],
    }
    user = User(client_stack, env["SUPABASE_URL"])
    # While a ring is unanswered no other is sent.
    until(lambda: client_stack.sql("select not importer.ring_is_unanswered() as quiet")[0]["quiet"], "answered rings")
    (before,) = client_stack.sql("select coalesce(max(number), 0) as ring from importer.rings")
    configure = "select importer.configure(%s, %s)"
    with edge_runtime(tmp_path / "relay.log", "process-import-jobs", **variables) as relay:
        client_stack.sql(configure, f"{relay.url}/functions/v1", env["IMPORT_JOBS_WAKE_TOKEN"])
        try:
            user.job()
            until(lambda: client_stack.sql(TAKEN, before["ring"])[0]["taken"], relay.logged)
        finally:
            client_stack.sql(configure, env["PROCESSOR_URL"], env["IMPORT_JOBS_WAKE_TOKEN"])
        assert "the processor" not in relay.logged()
