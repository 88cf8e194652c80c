"""A file that has been opened: the values that every later step of an attempt reads."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from processor.model import Dialect, LedgerEntry, Plan, Position
from processor.run.sinks import Sink
from processor.run.text import Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Beginning:
    """What the first bytes of a file say: its dialect, its header, and where its first record begins.

    `from_errors_csv` says that the file is an errors.csv, whose formulas are escaped. `errors` are the different error
    values of a sheet's cells.
    """

    dialect: Dialect
    header: list[str]
    first: Position
    from_errors_csv: bool
    errors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedFile:
    """A file that is ready to be cut: how to read it, what goes where, where to begin, and what is committed already.

    `text` yields the UTF-8 text from `start` on. `size` is that of the file, or of a sheet's text, in bytes.
    `chunk_bytes` is the size of a chunk in the first attempt; `sizes` gives the size of each chunk from where it
    begins. `one_connection`
    says that triggers of the table may look at other rows. `rejected` holds the numbers of rejected records, for an
    attempt that writes the normalised file of an earlier one again. `at_once` says that the file may go at once: its
    `text` can be read several times, and the job's row does not show yet that it is open.
    """

    beginning: Beginning
    plan: Plan
    sink: Sink
    start: Position
    text: Iterable[bytes]
    digest: Digest
    size: int
    chunk_bytes: int
    sizes: Callable[[Position], int]
    one_connection: bool
    ledger: dict[int, LedgerEntry]
    rejected: frozenset[int] = frozenset()
    at_once: bool = False

    @property
    def dialect(self) -> Dialect:
        """The file's dialect."""
        return self.beginning.dialect

    @property
    def first(self) -> Position:
        """Where the file's first record begins."""
        return self.beginning.first
