"""What /metrics counts of jobs: how they end, their rows and rejections, their bytes and their errors."""

from collections.abc import Callable

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.acceptance.conftest import Stack
from tests.waiting import until

Key = tuple[str, tuple[tuple[str, str], ...]]


def key(name: str, **labels: str) -> Key:
    return name, tuple(sorted(labels.items()))


def read(stack: Stack) -> dict[Key, float]:
    """Return all samples of the processor."""
    text = httpx.get(f"http://127.0.0.1:{stack.metrics['IMPORT_JOBS_METRICS_PORT']}/metrics").text
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


@pytest.fixture
def added(stack: Stack) -> Callable[[dict[Key, float]], None]:
    """A function that waits until samples have grown by these numbers since the beginning of the test."""
    before = read(stack)

    def check(expected: dict[Key, float]) -> None:
        def growth() -> dict[Key, float]:
            now = read(stack)
            return {name: now.get(name, 0) - before.get(name, 0) for name in expected}

        until(lambda: growth() == expected, growth)

    return check


def test_completed_job_counts_with_its_rows_rejections_and_bytes(stack: Stack, added: Callable[..., None]) -> None:
    table = stack.table("id integer primary key, name text not null")
    data = b"id,name\n1,Ana\n2,Bia\nx,Caio\ny,\n\n2,Eva\n"
    job = stack.run(data, table)
    assert (job["rows_loaded"], job["rows_rejected"], job["rows_skipped"]) == (2, 3, 1)
    added(
        {
            key("import_jobs_attempts_total", kind="import", result="completed"): 1,
            key("import_jobs_attempt_duration_seconds_count", kind="import"): 1,
            key("import_jobs_wait_duration_seconds_count", kind="import"): 1,
            key("import_jobs_chunk_duration_seconds_count"): 1,
            key("import_jobs_rows_total", outcome="loaded"): 2,
            key("import_jobs_rows_total", outcome="rejected"): 3,
            key("import_jobs_rows_total", outcome="skipped"): 1,
            key("import_jobs_rejections_total", code="IJ403"): 2,
            key("import_jobs_rejections_total", code="IJ404"): 1,
            key("import_jobs_rejections_total", code="IJ410"): 1,
        }
    )


def test_failed_job_counts_with_its_code(stack: Stack, added: Callable[..., None]) -> None:
    stack.run(b"id\n1\n", "no_such_target")
    added(
        {
            key("import_jobs_attempts_total", kind="import", result="failed"): 1,
            key("import_jobs_attempt_errors_total", code="IJ106"): 1,
            key("import_jobs_storage_errors_total", operation="read"): 0,
        }
    )


def test_inspection_is_a_kind_of_its_own(stack: Stack, added: Callable[..., None]) -> None:
    stack.run(b"id\n1\n", stack.table("id integer"), {"inspect": True})
    added(
        {
            key("import_jobs_attempts_total", kind="inspection", result="completed"): 1,
            key("import_jobs_wait_duration_seconds_count", kind="inspection"): 1,
            key("import_jobs_attempts_total", kind="import", result="completed"): 0,
        }
    )
