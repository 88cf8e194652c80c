"""What the processor counts, for Prometheus: one function for each thing that happens.

No label has the name of a job, an owner, a target or a path, so that the number of series does not grow. Nothing is
counted for each row: a call takes 2 to 20 µs, and the most frequent ones are for 256 kB of a download and for a chunk.
In all a chunk of 8 MiB costs 0.1 ms.
"""

from collections.abc import Iterable
from importlib import metadata

from prometheus_client import (
    CollectorRegistry,
    Counter,
    GCCollector,
    Histogram,
    Info,
    PlatformCollector,
    ProcessCollector,
    disable_created_metrics,
)

from processor.errors import JOB_ERRORS, REJECTIONS

disable_created_metrics()

REGISTRY = CollectorRegistry()
ProcessCollector(registry=REGISTRY)
PlatformCollector(registry=REGISTRY)
GCCollector(registry=REGISTRY)

KINDS = ("import", "inspection", "undo")
#: How an attempt ends. `retried`: it failed and is tried again; `abandoned`: the end could not be written.
RESULTS = ("completed", "skipped", "failed", "retried", "postponed", "released", "lease_lost", "abandoned")
#: A job of a few rows takes 50 ms, one of 100 GB an hour.
ATTEMPT_SECONDS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600, 14_400)
CHUNK_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
WAIT_SECONDS = (0.05, 0.1, 0.5, 1, 2, 5, 15, 60, 300, 900, 3600)

_build = Info("import_jobs_build", "The version of the processor.", registry=REGISTRY)
_attempts = Counter(
    "import_jobs_attempts", "Attempts at jobs and undos that have ended.", ("kind", "result"), registry=REGISTRY
)
_attempt_seconds = Histogram(
    "import_jobs_attempt_duration_seconds",
    "Time from the claim of an attempt to its end.",
    ("kind",),
    buckets=ATTEMPT_SECONDS,
    registry=REGISTRY,
)
_wait_seconds = Histogram(
    "import_jobs_wait_duration_seconds",
    "Time from the moment at which a job was due to its claim.",
    ("kind",),
    buckets=WAIT_SECONDS,
    registry=REGISTRY,
)
_errors = Counter("import_jobs_attempt_errors", "Attempts that failed, by error code.", ("code",), registry=REGISTRY)
_chunk_seconds = Histogram(
    "import_jobs_chunk_duration_seconds",
    "Time to validate and write a chunk of a file.",
    buckets=CHUNK_SECONDS,
    registry=REGISTRY,
)
_rows = Counter("import_jobs_rows", "Records of committed chunks.", ("outcome",), registry=REGISTRY)
_rejections = Counter("import_jobs_rejections", "Cells or rows that were rejected.", ("code",), registry=REGISTRY)
_downloaded = Counter("import_jobs_downloaded_bytes", "Bytes of files that were read from Storage.", registry=REGISTRY)
_leases_lost = Counter(
    "import_jobs_leases_lost",
    "Attempts of this processor that lost their lease, or whose job was cancelled.",
    registry=REGISTRY,
)
_taken_back = Counter(
    "import_jobs_jobs_taken_back", "Jobs of lost processors that this one took back.", ("action",), registry=REGISTRY
)
_storage_errors = Counter(
    "import_jobs_storage_errors", "Requests that Storage failed to answer.", ("operation",), registry=REGISTRY
)
_rings = Counter("import_jobs_rings", "Rings that were heard.", ("bell",), registry=REGISTRY)

_build.info({"version": metadata.version("import-jobs")})
for _kind in KINDS:
    _attempt_seconds.labels(_kind)
    for _result in RESULTS:
        _attempts.labels(_kind, _result)
for _kind in KINDS[:2]:
    _wait_seconds.labels(_kind)
for _counter, _values in (
    (_rows, ("loaded", "rejected", "skipped")),
    (_taken_back, ("lease_lost", "attempts_used_up")),
    (_storage_errors, ("read", "write")),
    (_rings, ("http", "notify")),
    # All of them from the beginning: Prometheus sees no increase where a series begins with 1.
    (_errors, (*JOB_ERRORS, "other")),
    (_rejections, (*REJECTIONS, "other")),
):
    for _value in _values:
        _counter.labels(_value)


def claimed(kind: str, waited: float) -> None:
    """Count a claim of a job that has waited for so many seconds."""
    _wait_seconds.labels(kind).observe(max(0.0, waited))


def attempt_ended(kind: str, result: str, seconds: float) -> None:
    """Count the end of an attempt."""
    _attempts.labels(kind, result).inc()
    _attempt_seconds.labels(kind).observe(seconds)


def attempt_failed(code: str) -> None:
    """Count the error with which an attempt ended."""
    _errors.labels(code if code in JOB_ERRORS else "other").inc()


def chunk_written(seconds: float) -> None:
    """Count a chunk that was validated and committed."""
    _chunk_seconds.observe(seconds)


def counted(*, loaded: int, rejected: int, skipped: int) -> None:
    """Count what has become of records."""
    for outcome, number in (("loaded", loaded), ("rejected", rejected), ("skipped", skipped)):
        if number > 0:
            _rows.labels(outcome).inc(number)


def rejected(codes: Iterable[tuple[str, int]]) -> None:
    """Count rejected cells by their codes."""
    for code, cells in codes:
        _rejections.labels(code if code in REJECTIONS else "other").inc(cells)


def downloaded(size: int) -> None:
    """Count bytes of a file."""
    _downloaded.inc(size)


def lease_lost() -> None:
    """Count an attempt that has lost its lease."""
    _leases_lost.inc()


def taken_back(action: str) -> None:
    """Count a job of a lost processor."""
    _taken_back.labels(action).inc()


def storage_failed(operation: str) -> None:
    """Count a request to Storage, `read` or `write`, that failed and that may succeed another time."""
    _storage_errors.labels(operation).inc()


def rung(bell: str) -> None:
    """Count a ring of one of the bells, `http` or `notify`."""
    _rings.labels(bell).inc()
