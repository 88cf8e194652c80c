"""What the end of the child means: the error that an answer without a text stands for."""

import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from processor.config import MIB
from processor.errors import (
    AmbiguousDialect,
    BadWorkbook,
    EmptyFile,
    JobError,
    NotCsv,
    OldWorkbook,
    UnknownMember,
    WorkbookLocked,
    WorkbookTooLarge,
)

Answer = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Limits:
    """What the child may take: seconds, of the clock and of a processor each, and bytes of memory."""

    seconds: int
    memory_bytes: int


def error_of(answer: Answer, limits: Limits) -> JobError:
    """Return the error that an answer with a `reason` stands for; without a known one the workbook is damaged."""
    reason = answer["reason"]
    if reason == "died":
        reason = _REASON_BY_SIGNAL.get(-answer["status"], "damaged")
    if reason in ("memory", "time"):
        return _beyond(reason, limits)
    return _ERRORS.get(reason, _damaged)(answer)


def _several(answer: Answer) -> JobError:
    return AmbiguousDialect(
        "the workbook has several sheets with data ({names}): set options.member to one of them",
        option="member",
        choices=answer["names"],
        names=", ".join(answer["names"]),
    )


def _unknown(answer: Answer) -> JobError:
    return UnknownMember(
        "the workbook has no visible sheet of that name; it has {names}", names=", ".join(answer["names"]) or "none"
    )


def _damaged(answer: Answer) -> JobError:
    return BadWorkbook("the workbook is damaged")


def _beyond(reason: str, limits: Limits) -> JobError:
    if reason == "time":
        return WorkbookTooLarge(
            "reading the workbook takes longer than the {limit:,} s that are allowed", limit=limits.seconds
        )
    return WorkbookTooLarge(
        "reading the workbook needs more than the {limit:,} MB of memory that are allowed",
        limit=limits.memory_bytes // MIB,
    )


_ERRORS: Final[dict[str, Callable[[Answer], JobError]]] = {
    "several": _several,
    "unknown": _unknown,
    "empty": lambda _: EmptyFile("the workbook has no visible sheet with data"),
    "locked": lambda _: WorkbookLocked("the workbook is protected by a password"),
    "binary": lambda _: OldWorkbook("the file is a binary workbook (.xlsb)"),
    "other": lambda answer: NotCsv("the file is {format}, not CSV", format=answer["kind"]),
    "space": lambda _: WorkbookTooLarge("the text of the sheet does not fit on the disk of the processor"),
}

#: The library aborts when it gets no memory, the kernel kills what takes too much of it, and SIGXCPU ends a process
#: that has used up its time.
_REASON_BY_SIGNAL: Final = {
    int(signal.SIGABRT): "memory",
    int(signal.SIGKILL): "memory",
    int(signal.SIGXCPU): "time",
}
