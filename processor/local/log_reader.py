"""Reads logs: their last lines, and then what is written to them."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO

_POLL_SECONDS = 0.1
# No more than this is read for the last lines of a log.
_TAIL_BYTES = 4 << 20


class LogReader:
    """A log that is read while it is written. It may be missing, be cut, or be put aside for a new file."""

    def __init__(self, log: Path) -> None:
        self._log = log
        self._file: IO[bytes] | None = None
        self.rest = b""  # the beginning of a line that is not finished yet

    def last(self, count: int) -> list[str]:
        """Return the last `count` lines."""
        if self._was_replaced():
            file = self._open()
            file.seek(max(0, file.seek(0, os.SEEK_END) - _TAIL_BYTES))
        lines = self._read()
        return lines[-count:] if count else []

    def new(self) -> list[str]:
        """Return the lines that were written since the last call."""
        lines = self._read()
        if self._was_replaced():
            self._open()
            lines += self._read()
        return lines

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()

    def _read(self) -> list[str]:
        if self._file is None:
            return []
        *lines, self.rest = (self.rest + self._file.read()).split(b"\n")
        return [line.decode(errors="replace") for line in lines]

    def _was_replaced(self) -> bool:
        try:
            status = self._log.stat()
        except FileNotFoundError:
            return False
        if self._file is None:
            return True
        return status.st_ino != os.fstat(self._file.fileno()).st_ino or status.st_size < self._file.tell()

    def _open(self) -> IO[bytes]:
        self.close()
        self._file, self.rest = self._log.open("rb"), b""
        return self._file


def read(logs: Mapping[str, Path], count: int, *, follow: bool) -> Iterator[tuple[str, str]]:
    """Yield the last `count` lines of each log with the log's name and, with `follow`, all that is written later."""
    readers = {name: LogReader(log) for name, log in logs.items()}
    try:
        for name, reader in readers.items():
            yield from ((name, line) for line in reader.last(count))
            if reader.rest and not follow:
                yield name, reader.rest.decode(errors="replace")
        while follow:
            time.sleep(_POLL_SECONDS)
            for name, reader in readers.items():
                yield from ((name, line) for line in reader.new())
    finally:
        for reader in readers.values():
            reader.close()
