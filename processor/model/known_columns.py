"""What is known of a file's columns before the file is read."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from processor.model.plan import Column


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownColumns:
    """What the target and the job's mapping say about the columns of a file.

    `name_of` returns what a header names, a column or a key of the mapping, or None; with True as its second argument,
    case is all that may differ. `by_place` has the columns for the fields of a file without a header; with `any_width`,
    the file may have more fields than that. A line with all of `markers` is the header of an errors.csv.
    """

    name_of: Callable[[str, bool], str | None]
    by_place: tuple[Column | None, ...]
    any_width: bool = False
    markers: frozenset[str] = frozenset()

    def of_header(self, header: Sequence[str]) -> list[Column | None]:
        """Return the column that each field of a header names; None for another one."""
        columns = {column.name: column for column in self.by_place if column}
        return [columns.get(self.name_of(name, False) or "") for name in header]
