"""Logging: one JSON object per line, with a constant `action` per kind of record.

The ids of the job and of its trace are in the context.
"""

import json
import logging
import sys
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

job_id: ContextVar[str | None] = ContextVar("job_id", default=None)
trace_id: ContextVar[str | None] = ContextVar("trace_id", default=None)

logger = logging.getLogger("import_jobs")


class JsonFormatter(logging.Formatter):
    """Format a record as JSON. The members of `extra={"detail": {...}}` are added to the object."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "action": record.getMessage(),
        }
        if (job := job_id.get()) is not None:
            line["job_id"] = job
        if (trace := trace_id.get()) is not None:
            line["trace_id"] = trace
        line |= getattr(record, "detail", {})
        if record.exc_info and record.exc_info[0] is not None:
            line["exception"] = traceback_of(record.exc_info[1])
        return json.dumps(line, default=str)


def traceback_of(exc: BaseException | None) -> list[str]:
    """Return the class of an exception and the frames of its traceback.

    The text of the exception is left out because it may quote a value or a secret.
    """
    places: list[str] = [type(exc).__name__]
    trace = exc.__traceback__ if exc else None
    while trace is not None:
        code = trace.tb_frame.f_code
        places.append(f"{code.co_filename.rsplit('/', 1)[-1]}:{trace.tb_lineno} {code.co_name}")
        trace = trace.tb_next
    return places


def set_up(level: str = "INFO") -> None:
    """Write the records of this package to stderr, and those of libraries from WARNING on (httpx logs URLs at INFO).

    Raises: ValueError when there is no such level.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logger.setLevel(level)


def event(action: str, level: int = logging.INFO, **detail: object) -> None:
    """Log an event. `action` is a constant; everything variable goes into `detail`."""
    logger.log(level, action, extra={"detail": detail})
