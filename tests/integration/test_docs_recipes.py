"""The trigger of docs/how-to/recipes.md starts a run for each completed import, and no error of it fails a job."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.conftest import Database
from tests.conventions.test_docs_sql import blocks
from tests.integration.queue_harness import Queue
from tests.integration.test_configure import VAULT

PAGE = blocks("how-to/recipes.md")
REQUESTS = (
    "select url, headers ->> 'Authorization', convert_from(body, 'utf8')::jsonb from net.http_request_queue"
    " where url not like '%%/process-import-jobs'"
)


@pytest.fixture
def recipe(db: Database) -> Iterator[Queue]:
    """A queue of the test's own, with the page's trigger."""
    with db.connect() as admin, db.connect("import_processor") as processor:
        admin.execute("create table public.people (id bigint); select importer.register_target('public.people')")
        for statement in PAGE[:3]:
            admin.execute(statement.replace("'contacts'", "'people'"))
        yield Queue(db, admin, processor)


def test_completed_import_starts_a_run(recipe: Queue) -> None:
    recipe.admin.execute(VAULT)
    recipe.admin.execute("select vault.create_secret('tr_dev_1', 'trigger_secret_key')")
    claim = recipe.running()
    recipe.finish(claim, 0)
    ((url, authorization, body),) = recipe.admin.execute(REQUESTS).fetchall()
    assert (url, authorization) == (
        "https://api.trigger.dev/api/v1/tasks/contacts-imported/trigger",
        "Bearer tr_dev_1",
    )
    assert body["payload"] == {"job_id": str(claim.id), "target": "people", "rows": 0}
    assert body["options"] == {"idempotencyKey": str(claim.id)}


def test_dry_run_and_failed_job_start_none(recipe: Queue) -> None:
    recipe.admin.execute(VAULT)
    recipe.finish(recipe.running(options='{"dry_run": true}'), 0)
    recipe.fail(recipe.running())
    assert recipe.admin.execute(REQUESTS).fetchall() == []


@pytest.mark.parametrize("page", [PAGE[0], *PAGE[3:5]], ids=["trigger.dev", "inngest", "pgflow"])
def test_error_of_the_function_fails_no_job(recipe: Queue, page: str) -> None:
    """There is no Vault, and no pgflow."""
    recipe.admin.execute(page.replace("create function", "create or replace function"))
    claim = recipe.running()
    recipe.finish(claim, 0)
    found = recipe.admin.execute("select status::text from public.import_jobs where id = %s", [claim.id]).fetchone()
    assert found == ("completed",)
