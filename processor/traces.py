"""Traces of jobs: one trace for each job, from its insert to the commit of its end, by OpenTelemetry.

Off, and nothing of OpenTelemetry imported, unless variables OTEL_* ask for it. Attributes have ids, numbers, codes and
the name of the target: never a value, a path, a message or a secret.

All attempts at a job are in one trace, whichever processor makes them, because its id is computed from that of the job,
and so is the id of the root span, which is sent when the job has ended. Steps refer to the span of their attempt, which
threads of the attempt find in their context.
"""

import hashlib
import threading
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import UUID

from processor import log
from processor.errors import UserError

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
    from opentelemetry.trace import Span, Tracer

# How long the last spans may take to be sent when the processor stops.
STOP_SECONDS = 3.0
# A file of 50 GB has 6,400 chunks: more spans would not be read by anybody.
MAX_CHUNKS = 100
ENDED = ("completed", "skipped", "failed")
INSTALL = "Run: pip install 'import-jobs[otel]'"


@dataclass(slots=True)
class AttemptTrace:
    """The spans of one attempt; without tracing it does nothing."""

    root: "Span | None" = None
    attempt: "Span | None" = None
    code: str = ""
    chunks: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def begin(self, name: str, start: int | None = None) -> "Step":
        """Begin a step of the attempt now, or at `start` (nanoseconds since 1970)."""
        if self.attempt is None or _tracing is None:
            return Step(None)
        return Step(_tracing.child(self.attempt, name, start))

    def may_show_chunk(self) -> bool:
        """Return whether one more chunk gets a span."""
        with self.lock:
            self.chunks += 1
            return self.chunks <= MAX_CHUNKS

    def end(self, result: str) -> None:
        """End the attempt, and the trace of the job where it has ended."""
        for span in (self.attempt, self.root if result in ENDED else None):
            if span is not None:
                span.set_attribute("import_jobs.result", result)
                mark_failed(span, self.code)
                span.end()
        log.trace_id.set(None)


@dataclass(slots=True)
class Step:
    """A step of an attempt that goes on; without tracing it does nothing."""

    span: "Span | None"

    def end(self, error: str = "", **attributes: int) -> None:
        """End the step, perhaps with the name of what it ended with."""
        if self.span is not None:
            self.span.set_attributes({f"import_jobs.{name}": value for name, value in attributes.items()})
            mark_failed(self.span, error)
            self.span.end()
            self.span = None


@dataclass(frozen=True, slots=True)
class Tracing:
    """The tracer, and what has to be closed in the end."""

    tracer: "Tracer"
    provider: "TracerProvider"
    forced: ContextVar[tuple[int, int] | None]

    def root(self, job_id: UUID, name: str, start: int, target: str) -> "Span":
        """Begin the root span of a job, with ids that all processors compute alike."""
        from opentelemetry.context import Context

        attributes = {"import_jobs.job_id": str(job_id), "import_jobs.target": target}
        self.forced.set((number_of("trace", job_id, 16), number_of("span", job_id, 8)))
        try:
            return self.tracer.start_span(name, Context(), start_time=start, attributes=attributes)
        finally:
            self.forced.set(None)

    def child(self, parent: "Span", name: str, start: int | None) -> "Span":
        """Begin a span below another one."""
        from opentelemetry.context import Context
        from opentelemetry.trace import set_span_in_context

        return self.tracer.start_span(name, set_span_in_context(parent, Context()), start_time=start)


_tracing: Tracing | None = None
_current: ContextVar[AttemptTrace] = ContextVar("attempt_trace")


def set_up(exporters: Sequence[str], processors: Sequence["SpanProcessor"] = ()) -> None:
    """Send traces from now on, by exporters called `otlp` or `console`, and to further processors of spans.

    Raises: UserError when OpenTelemetry is not installed.
    """
    global _tracing
    if not exporters and not processors:
        return
    try:
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor

        sent = [*processors, *(BatchSpanProcessor(exporter_called(name)) for name in exporters)]
    except ImportError as exc:
        raise UserError("OTEL_* asks for traces, but OpenTelemetry is not installed", INSTALL, code="IJ131") from exc
    forced: ContextVar[tuple[int, int] | None] = ContextVar("forced_ids", default=None)
    provider = TracerProvider(resource=described(), id_generator=ids(forced), shutdown_on_exit=False)
    for processor in sent:
        provider.add_span_processor(processor)
    _tracing = Tracing(provider.get_tracer("import-jobs"), provider, forced)


def exporter_called(name: str) -> Any:
    """Return an exporter, which reads its own variables OTEL_*."""
    if name == "console":
        from opentelemetry.sdk.trace.export import ConsoleSpanExporter

        return ConsoleSpanExporter()
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

    return OTLPSpanExporter()


def described() -> Any:
    """Return the attributes of this service; OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES win over its own name."""
    from opentelemetry.sdk.resources import SERVICE_NAME, Resource

    resource = Resource.create()
    if str(resource.attributes.get(SERVICE_NAME, "")).startswith("unknown_service"):
        resource = resource.merge(Resource({SERVICE_NAME: "import-jobs"}))
    return resource


def ids(forced: ContextVar[tuple[int, int] | None]) -> Any:
    """Return a generator of random ids that gives the forced ones while there are some."""
    from opentelemetry.sdk.trace.id_generator import RandomIdGenerator

    class Ids(RandomIdGenerator):
        """Random ids, but for root spans."""

        def generate_trace_id(self) -> int:
            """Return the id of a trace."""
            wanted = forced.get()
            return wanted[0] if wanted else RandomIdGenerator.generate_trace_id(self)

        def generate_span_id(self) -> int:
            """Return the id of a span."""
            wanted = forced.get()
            return wanted[1] if wanted else RandomIdGenerator.generate_span_id(self)

    return Ids()


def flush() -> None:
    """Send the spans that have ended, within `STOP_SECONDS`: a collector that does not answer delays no stop."""
    if _tracing is not None:
        thread = threading.Thread(target=_tracing.provider.force_flush, name="last-spans", daemon=True)
        thread.start()
        thread.join(STOP_SECONDS)


def begin(job_id: UUID, kind: str, *, number: int, target: str, age: float, claim_seconds: float) -> AttemptTrace:
    """Begin the trace of an attempt in this thread.

    The job was inserted `age` seconds before its claim, which took `claim_seconds` and has ended now.
    """
    trace = AttemptTrace()
    _current.set(trace)
    if _tracing is not None:
        now = time.time_ns()
        start = now - int(claim_seconds * 1e9)
        inserted = min(start, now - int(age * 1e9))
        trace.root = _tracing.root(job_id, kind, inserted, target)
        trace.attempt = _tracing.child(trace.root, "attempt", start)
        trace.attempt.set_attribute("import_jobs.attempt", number)
        _tracing.child(trace.attempt, "claim", start).end(now)
        log.trace_id.set(f"{trace.root.get_span_context().trace_id:032x}")
    return trace


def fail(code: str) -> None:
    """Note the code of the error with which this thread's attempt ends."""
    if trace := _current.get(None):
        trace.code = code


def begin_step(name: str) -> Step:
    """Begin a step of this thread's attempt; the caller ends it."""
    trace = _current.get(None)
    return trace.begin(name) if trace else Step(None)


@contextmanager
def span(name: str) -> Generator[None]:
    """Show the block as a step of this thread's attempt, with the class of an exception that leaves it."""
    step = begin_step(name)
    try:
        yield
    except BaseException as exc:
        step.end(type(exc).__name__)
        raise
    step.end()


def chunk(start: float, *, seq: int, rows: int, rejected: int) -> None:
    """Show a chunk that was committed now, and that began at `start` (monotonic seconds)."""
    trace = _current.get(None)
    if trace and trace.attempt is not None and trace.may_show_chunk():
        began = time.time_ns() - int((time.monotonic() - start) * 1e9)
        trace.begin("chunk", began).end(seq=seq, rows=rows, rejected=rejected)


def mark_failed(span: "Span", error: str) -> None:
    """Mark a span as failed with a code or the name of a class, if there is one."""
    if error:
        from opentelemetry.trace import StatusCode

        span.set_status(StatusCode.ERROR, error)
        span.set_attribute("error.type", error)


def number_of(purpose: str, job_id: UUID, size: int) -> int:
    """Return an id of so many bytes for a job. Samplers need random bits, and not all bits of a UUID are random."""
    return int.from_bytes(hashlib.sha256(f"{purpose}:{job_id}".encode()).digest()[:size], "big") or 1
