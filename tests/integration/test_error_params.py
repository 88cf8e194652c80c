"""error_params: the names and numbers of a message, of jobs and of rejections, beside the message."""

import pytest
from psycopg.types.json import Jsonb

from processor.errors import NotCsv, SourceTooLarge, TooManyRejected
from processor.model import Message, message_params
from processor.queue.rejections import RejectionCause
from processor.run.failure_report import with_cause
from tests.integration.queue_harness import Queue

FAIL = """select importer.fail_job(
  job_id => %(id)s, token => %(token)s, code => 'IJ303', message => 'the file is PDF, not CSV', hint => 'h',
  transient => %(transient)s, params => %(params)s
)"""
PARAMS = {"format": "PDF"}


def fail(queue: Queue, *, transient: bool = False) -> object:
    claim = queue.running()
    arguments = {"id": claim.id, "token": claim.token, "transient": transient, "params": Jsonb(PARAMS)}
    queue.processor.execute(FAIL, arguments)
    return claim.id


def test_job_that_fails_has_the_parameters_of_its_message(queue: Queue) -> None:
    assert queue.row(fail(queue), "error_message", "error_params") == ("the file is PDF, not CSV", PARAMS)


def test_error_that_is_retried_leaves_none(queue: Queue) -> None:
    assert queue.row(fail(queue, transient=True), "status", "error_params") == ("pending", None)


def test_retry_by_hand_clears_them_with_the_error(queue: Queue) -> None:
    job = fail(queue)
    queue.admin.execute("select public.retry_import_job(%s)", [job])
    assert queue.row(job, "error_code", "error_params") == (None, None)


def test_sweep_gives_the_number_of_attempts(queue: Queue) -> None:
    claim = queue.running(max_attempts=1)
    queue.expire(claim)
    queue.sweep()
    assert queue.row(claim.id, "error_code", "error_params") == ("IJ104", {"attempts": 1})


def test_rejection_has_them(queue: Queue) -> None:
    claim = queue.running()
    queue.open(claim)
    reasons = [{"fields": 2, "expected": 3}, None]
    rejected = [
        {"record": number, "line": number + 1, "code": "IJ401", "message": "m", "params": params, "raw": "a"}
        for number, params in enumerate(reasons, 1)
    ]
    queue.commit(claim, loaded=0, rejected=2, rejections=rejected)
    query = "select error_params from public.import_job_errors where job_id = %s order by record_number"
    assert [params for (params,) in queue.admin.execute(query, [claim.id])] == reasons


@pytest.mark.parametrize(
    ("error", "message", "params"),
    [
        (
            NotCsv("the file is {format}, not CSV", format="a {PDF}"),
            "the file is a {PDF}, not CSV",
            {"format": "a {PDF}"},
        ),
        (SourceTooLarge("more than {limit:,} bytes", limit=12345), "more than 12,345 bytes", {"limit": 12345}),
        (NotCsv("braces {} stay where nothing is named"), "braces {} stay where nothing is named", {}),
    ],
)
def test_message_is_composed_of_them(error: NotCsv, message: str, params: dict[str, object]) -> None:
    assert (error.message, str(error), error.params) == (message, message, params)


def test_most_frequent_cause_is_among_them() -> None:
    error = TooManyRejected("{rejected:,} rows were rejected", rejected=3)
    explained = with_cause(error, RejectionCause("IJ403", "age", "age: not a valid integer", 2))
    assert explained.params == {
        "rejected": 3,
        "cause": "IJ403",
        "cause_rows": 2,
        "cause_message": "age: not a valid integer",
        "cause_column": "age",
    }


def test_message_of_a_rejection_is_a_text_with_parameters() -> None:
    message = Message("age: not a valid integer", type="integer")
    assert message == "age: not a valid integer"
    assert message_params(message) == {"type": "integer"}
    assert message_params("a text") is message_params(Message("a text")) is None
