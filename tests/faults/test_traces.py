"""Traces: one for each job, from its insert to its end, whichever processors work on it, and without any value."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from tests.faults.files import Case
from tests.faults.harness import FaultStack
from tests.faults.phases import PHASES
from tests.faults.processors import Processor
from tests.waiting import until

#: The library with which traces are written.
PROTOBUF = "google/_upb"
STEPS = ["chunk", "chunks", "claim", "download", "finish", "open"]


@dataclass(slots=True)
class Receiver:
    """A collector that speaks OTLP over HTTP: the spans that it got, and the headers and bodies of requests."""

    port: int
    spans: list[Span] = field(default_factory=list)
    services: set[str] = field(default_factory=set)
    headers: list[str] = field(default_factory=list)
    raw: bytes = b""

    @property
    def variables(self) -> dict[str, str]:
        return {
            "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{self.port}",
            "OTEL_EXPORTER_OTLP_HEADERS": "x-secret-of-the-collector=0123456789",
            "OTEL_BSP_SCHEDULE_DELAY": "100",
        }

    def of(self, case: Case) -> list[Span]:
        """Return the spans of a job's trace."""
        trace = hashlib.sha256(f"trace:{case.job}".encode()).digest()[:16]
        return [span for span in self.spans if span.trace_id == trace]

    def named(self, case: Case, name: str) -> list[Span]:
        return [span for span in self.of(case) if span.name == name]

    def root(self, case: Case) -> Span:
        """Return the root span of a job's trace once it is there."""
        (root,) = until(lambda: self.named(case, "import"), lambda: [span.name for span in self.of(case)])
        return root


@contextmanager
def receiving() -> Iterator[Receiver]:
    """Collect spans until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            receiver.raw += body
            receiver.headers.append(str(self.headers))
            for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
                names = [a.value.string_value for a in resource.resource.attributes if a.key == "service.name"]
                receiver.services.update(names)
                receiver.spans += [span for scope in resource.scope_spans for span in scope.spans]
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    receiver = Receiver(server.server_address[1])
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


def attributes(span: Span) -> dict[str, str | int]:
    return {a.key.removeprefix("import_jobs."): a.value.string_value or a.value.int_value for a in span.attributes}


def test_trace_begins_with_the_insert_and_has_each_step(stack: FaultStack, receiver: Receiver) -> None:
    case = stack.insert(stack.table())
    processor = stack.processor(variables=receiver.variables, connections=2)
    job = stack.completed(case)
    root = receiver.root(case)
    assert abs(root.start_time_unix_nano / 1e9 - job["created_at"].timestamp()) < 0.5  # two clocks of one machine
    assert root.parent_span_id == b""
    assert attributes(root) == {"job_id": str(case.job), "target": case.table, "result": "completed"}
    (attempt,) = receiver.named(case, "attempt")
    assert attempt.parent_span_id == root.span_id
    assert attributes(attempt) == {"attempt": 1, "result": "completed"}
    steps = [span for span in receiver.of(case) if span.parent_span_id == attempt.span_id]
    assert sorted({span.name for span in steps}) == STEPS
    assert len(steps) == len(receiver.of(case)) - 2
    assert sum(attributes(span)["rows"] for span in receiver.named(case, "chunk")) == job["rows_loaded"]
    assert {attributes(span)["bytes"] for span in receiver.named(case, "download")} == {len(case.data)}
    assert all(attempt.start_time_unix_nano <= span.start_time_unix_nano <= root.end_time_unix_nano for span in steps)
    assert receiver.services == {"import-jobs"}
    lines = [line for action in ("job_started", "job_completed") for line in processor.logged(action)]
    assert {line["trace_id"] for line in lines} == {root.trace_id.hex()}
    assert PROTOBUF in libraries(processor)


def test_attempts_of_two_processors_are_one_trace(stack: FaultStack, receiver: Receiver) -> None:
    first = stack.processor(variables=receiver.variables)
    with PHASES["mid_copy"](stack) as case:
        first.kill()
    stack.processor(variables=receiver.variables)
    stack.completed(case)
    root = receiver.root(case)
    assert [attributes(span)["attempt"] for span in receiver.named(case, "attempt")] == [2]
    assert {span.parent_span_id for span in receiver.named(case, "attempt")} == {root.span_id}


def test_failed_job_has_its_code_and_no_value(stack: FaultStack, receiver: Receiver) -> None:
    table = stack.table()
    stack.processor(variables=receiver.variables)
    case = stack.insert(table, b"id,note\nsecret-cell,another-secret\n", options={"max_errors": 0})
    assert stack.ended(case)["status"] == "failed"
    root = receiver.root(case)
    assert (root.status.code, root.status.message) == (Status.STATUS_CODE_ERROR, "IJ420")
    assert attributes(root)["result"] == "failed"
    forbidden = (b"secret-cell", b"another-secret", b"file.csv", stack.local.state.secret_key.encode(), b"postgresql:")
    assert [text for text in forbidden if text in receiver.raw] == []
    assert all("x-secret-of-the-collector: 0123456789" in headers for headers in receiver.headers)


@pytest.mark.nightly
def test_collector_that_is_gone_delays_neither_job_nor_stop(stack: FaultStack, receiver: Receiver) -> None:
    variables = {**receiver.variables, "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9"}
    processor = stack.processor(variables=variables)
    assert stack.completed(stack.insert(stack.table()))["attempts"] == 1
    processor.stop()
    processor.check_stopped()
    assert "0123456789" not in processor.log_text()


def libraries(processor: Processor) -> str:
    return Path(f"/proc/{processor.process.pid}/maps").read_text()


def test_nothing_of_opentelemetry_is_imported_when_off(stack: FaultStack, receiver: Receiver) -> None:
    processor = stack.processor(variables={**receiver.variables, "OTEL_TRACES_EXPORTER": "none"})
    stack.completed(stack.insert(stack.table()))
    (line,) = until(lambda: processor.logged("job_completed"), processor.log_text)
    assert "trace_id" not in line
    assert PROTOBUF not in libraries(processor)
