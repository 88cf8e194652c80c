"""The text of a workbook's sheet as the source of an attempt, in place of the workbook itself."""

from collections.abc import Generator
from dataclasses import replace
from typing import Any, Final

from processor.model import Dialect, How
from processor.storage import Identity, Source
from processor.workbook import SheetText

#: What the options say of these parts of the dialect is about other files: we have written the text.
FIXED: Final[dict[str, Any]] = {"encoding": "utf-8", "quote": '"', "escape": "", "comment": "", "compression": "none"}
FOUND: Final[dict[str, How]] = dict.fromkeys((*FIXED, "delimiter"), "found")


class SheetSource:
    """Reads the text of a sheet; the identity is that of the workbook in Storage, and so is the `position`.

    `sha256` is the digest of the workbook.
    """

    def __init__(self, workbook: Source, text: SheetText, sha256: str) -> None:
        self._identity, self._text = workbook.identified(), text
        self.check = workbook.check
        self.sha256 = sha256
        self.position = 0

    @property
    def sheet(self) -> str:
        """The name of the sheet."""
        return self._text.sheet

    @property
    def mark(self) -> str:
        """The decimal mark of the numbers."""
        return self._text.mark

    @property
    def errors(self) -> tuple[str, ...]:
        """The different error values of its cells."""
        return self._text.errors

    @property
    def options(self) -> dict[str, Any]:
        """The options of the text's dialect, which win over those of the job."""
        return FIXED | {"delimiter": self._text.delimiter}

    def dialect(self, detected: Dialect) -> Dialect:
        """Return the dialect of the text as that of the sheet."""
        return replace(detected, how=detected.how | FOUND)

    @property
    def size(self) -> int:
        """The size of the text, in bytes."""
        return self._text.size

    def blocks(self, start: int = 0, stop: int | None = None) -> Generator[bytes]:
        """Yield the bytes of the text from `start` to `stop` or to its end."""
        read = start
        for block in self._text.blocks(self.check, start, stop):
            read += len(block)
            self.position = self._identity.size * read // max(self.size, 1)
            yield block

    def beginning(self, size: int) -> bytes:
        """Return the first bytes of the text, at most `size`."""
        return b"".join(self.blocks(stop=size))

    def identified(self) -> Identity:
        """Return the identity of the workbook."""
        return self._identity

    def close(self) -> None:
        """Delete the text."""
        self._text.close()


def stream_size(source: Source | SheetSource) -> int:
    """Return the size of what is read, in bytes.

    Raises: SourceUnavailable when there has been no response yet.
    """
    return source.size if isinstance(source, SheetSource) else source.identified().size
