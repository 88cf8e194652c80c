"""Turn a sheet of a workbook into text, in a child process, and say what its end means."""

import json
import logging
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Final

import processor
from processor.config import Config, harmless_variables
from processor.errors import WorkbookTooLarge
from processor.log import event
from processor.workbook.outcome import Limits, error_of
from processor.workbook.sheet_text import SheetText

#: Workbooks that are read at once; each may take the memory that is allowed to one.
AT_ONCE: Final = 2
#: How often the child is looked at, and how often a job that waits for its turn looks whether it must stop, in seconds.
LOOK_SECONDS: Final = 0.1
#: The text of a sheet may be so many times larger than the largest workbook: XML is compressed to a tenth.
TEXT_RATIO: Final = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What to write: the sheet `member` (None: the only one with data), and with which marks.

    `marks` are the decimal marks of single fields, by their place from 0.
    """

    member: str | None = None
    delimiter: str = ","
    mark: str = "."
    marks: Mapping[int, str] = field(default_factory=dict[int, str])


class Workbooks:
    """Reads the workbooks of one processor, `AT_ONCE` at a time. `check` of a method raises an exception to stop it."""

    def __init__(self, config: Config) -> None:
        self._folder = config.spool_dir or None
        self._limits = Limits(config.workbook_seconds, config.workbook_memory_bytes)
        self._most_bytes = config.max_workbook_bytes
        self._turns = threading.BoundedSemaphore(AT_ONCE)

    def spool(self, blocks: Iterator[bytes], size: int) -> IO[bytes]:
        """Write a workbook to the disk; return the file.

        Raises: WorkbookTooLarge, and what the blocks raise.
        """
        if size > self._most_bytes:
            raise WorkbookTooLarge(
                "the workbook has {size:,} bytes, but the limit is {limit:,}", size=size, limit=self._most_bytes
            )
        with self._space(), ExitStack() as on_error:
            file = on_error.enter_context(tempfile.TemporaryFile(dir=self._folder))
            for block in blocks:
                file.write(block)
            file.flush()
            on_error.pop_all()
            return file

    def text_of(self, workbook: IO[bytes], request: Request, check: Callable[[], None]) -> SheetText:
        """Write the text of a sheet.

        Raises: AmbiguousDialect with the names of the sheets when there are several, UnknownMember, EmptyFile,
        WorkbookLocked, OldWorkbook, WorkbookTooLarge, BadWorkbook, NotCsv, and what `check` raises.
        """
        with self._turn(check), self._space(), ExitStack() as on_error:
            text = on_error.enter_context(tempfile.TemporaryFile(dir=self._folder))
            answer = self._ask(workbook, text, request, check)
            if "reason" in answer:
                raise error_of(answer, self._limits)
            size = os.fstat(text.fileno()).st_size
            on_error.pop_all()
        return SheetText(
            file=text,
            size=size,
            sheet=answer["sheet"],
            delimiter=request.delimiter,
            mark=request.mark,
            errors=tuple(answer["errors"]),
        )

    @contextmanager
    def _turn(self, check: Callable[[], None]) -> Generator[None]:
        while not self._turns.acquire(timeout=LOOK_SECONDS):
            check()
        try:
            yield
        finally:
            self._turns.release()

    @contextmanager
    def _space(self) -> Generator[None]:
        """Turn a full disk, or a folder that cannot be written, into the reason of the job's end."""
        try:
            yield
        except OSError as exc:
            raise WorkbookTooLarge(
                "the workbook cannot be spooled to the disk of the processor ({reason})",
                reason=exc.strerror or type(exc).__name__,
            ) from exc

    def _ask(self, workbook: IO[bytes], text: IO[bytes], request: Request, check: Callable[[], None]) -> dict[str, Any]:
        """Run the child; return its answer, or the reason for which it has none."""
        message = {
            "workbook": workbook.fileno(),
            "text": text.fileno(),
            "member": request.member,
            "delimiter": request.delimiter,
            "mark": request.mark,
            "marks": dict(request.marks),
            "memory_bytes": self._limits.memory_bytes,
            "seconds": self._limits.seconds,
            "text_bytes": TEXT_RATIO * self._most_bytes,
        }
        with subprocess.Popen(
            [sys.executable, "-P", "-m", "processor.workbook"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            pass_fds=(workbook.fileno(), text.fileno()),
            env=child_environment(),
        ) as child:
            try:
                output = self._wait(child, json.dumps(message).encode(), check)
            finally:
                child.kill()
        if output is None:
            return {"reason": "time"}
        try:
            return json.loads(output)
        except ValueError:
            event("workbook_reader_ended", logging.WARNING, status=child.returncode)
            return {"reason": "died", "status": child.returncode}

    def _wait(self, child: subprocess.Popen[bytes], message: bytes, check: Callable[[], None]) -> bytes | None:
        """Return the output of the child, None when its time is over."""
        deadline = time.monotonic() + self._limits.seconds
        to_send: bytes | None = message
        while time.monotonic() < deadline:
            try:
                return child.communicate(to_send, timeout=LOOK_SECONDS)[0]
            except subprocess.TimeoutExpired:
                to_send = None
                check()
        return None


def child_environment() -> dict[str, str]:
    """Return the environment of the child: no secret of the processor, and this very package."""
    package_parent = str(Path(processor.__file__).resolve().parent.parent)
    return harmless_variables() | {"PYTHONPATH": package_parent}
