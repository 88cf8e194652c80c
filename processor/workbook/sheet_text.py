"""The text of a sheet, in a file without a name, which disappears with the processor."""

import os
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import IO

#: Read at once: as much as Storage's blocks hold at most.
BLOCK_BYTES = 1 << 18


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetText:
    """The CSV text of the sheet of a name: UTF-8, in `size` bytes, with `delimiter` and `mark` of its numbers.

    `errors` are the different error values of its cells, such as `#REF!`.
    Several threads may read it at once.
    """

    file: IO[bytes]
    size: int
    sheet: str
    delimiter: str
    mark: str
    errors: tuple[str, ...] = ()

    def blocks(self, check: Callable[[], None], start: int = 0, stop: int | None = None) -> Generator[bytes]:
        """Yield the bytes from `start` to `stop` or to the end; `check` is called for each block.

        Raises: ValueError once the text is closed.
        """
        end = self.size if stop is None else min(stop, self.size)
        while start < end:
            check()
            block = os.pread(self.file.fileno(), min(BLOCK_BYTES, end - start), start)
            start += len(block)
            yield block

    def close(self) -> None:
        """Delete the text."""
        self.file.close()
