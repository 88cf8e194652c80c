"""What is known of the rules of a table, and what comes of judging rows by them, as if it took them one by one.

Postgres tests the checks of a row by name, then its unique indexes by OID, and after the row is written what its
triggers test, by their names: foreign keys, and keys that are deferrable. The first that fails is the reason. A refused
row takes no key: of several rows with the same key the first that nothing else refuses is written.
"""

from dataclasses import dataclass
from typing import Final, Literal, Protocol

import numpy as np
import numpy.typing as npt

from processor.load.relatives import Relatives

Mask = npt.NDArray[np.bool_]
# SQLSTATEs of what the rules refuse.
FOREIGN_KEY: Final = "23503"
UNIQUE: Final = "23505"
CHECK: Final = "23514"


class NotBySets(Exception):
    """Sets cannot say which rows the table refuses; `for_good`: neither those of later chunks."""

    def __init__(self, *, for_good: bool) -> None:
        super().__init__(for_good)
        self.for_good = for_good


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A check (without an `id`), a key or a foreign key: its OID, its name, and how messages of Postgres call it.

    `condition` is that of a check. `after` is the trigger that tests the rule after the row is written, and `on_update`
    the one that does so for a changed row, where that is another; `sqlstate` is that of the error. `columns` are those
    whose values the rule is about. All rows of the table obey a rule that is `valid`. A `whole` key is of plain columns
    and of all rows. By a reference that `is_own`, rows refer to rows of the same table.
    """

    name: str
    sqlstate: str
    id: int = 0
    condition: str = ""
    after: str | None = None
    on_update: str | None = None
    columns: frozenset[str] = frozenset()
    valid: bool = True
    whole: bool = False
    is_own: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TableRules:
    """What a table may refuse rows for, as `importer.table_rules` returns it.

    `rows` is the query for the staged rows with the columns that the rules need, of which the stage has `columns`;
    `reader` is the role that looks up keys and parents. Checks are in the order of their names, keys in that of their
    OIDs. For modes that meet existing rows: `updates` says that nothing else takes part in an UPDATE, `knows_keys` that
    the values of all keys are known before a row is written; `unfilled` columns of a new row are null, and other tables
    refer to the `referenced` ones.
    """

    by_sets: bool
    rows: str
    columns: tuple[str, ...]
    reader: str
    checks: tuple[Rule, ...]
    keys: tuple[Rule, ...]
    references: tuple[Rule, ...]
    updates: bool = False
    knows_keys: bool = False
    unfilled: frozenset[str] = frozenset()
    referenced: frozenset[str] = frozenset()

    @property
    def in_order(self) -> list[Rule]:
        """Keys and foreign keys in the order in which Postgres tests them; the checks precede them."""
        at_once = [key for key in self.keys if key.after is None]
        later = [rule for rule in (*self.keys, *self.references) if rule.after is not None]
        return at_once + sorted(later, key=lambda rule: (rule.after or "").encode())


@dataclass(frozen=True, slots=True, kw_only=True)
class Meeting:
    """How rows meet existing rows by one of the `keys`: which of them the mode skips, so that nothing refuses them.

    `taken`: those whose key is taken; `others`: those that meet a row of another owner; `unmet`: those that meet none
    (`whose`: of which owner). `changes` says that the existing row is changed, so that it may keep its own keys, and
    `secured` that row security may refuse that before anything else does.
    """

    keys: tuple[Rule, ...] = ()
    skips: Literal["nothing", "taken", "others", "unmet"] = "nothing"
    whose: Literal["anybody", "owner", "others"] = "anybody"
    changes: bool = False
    secured: bool = False


class Lookups(Protocol):
    """What the database says about staged rows; a mask (shape: rows) marks rows."""

    def taken(self, key: Rule, winners: Mask, judged: Mask) -> Mask:
        """Mark those of the judged rows whose key the table has, or an earlier one of the winners."""
        ...

    def taken_by_another(self, key: Rule, met: Rule, winners: Mask, judged: Mask) -> Mask:
        """Mark those whose key another row of the table has than the one they meet, or an earlier one of the winners.

        Raises: NotBySets where an earlier row may give the key back.
        """
        ...

    def meeting(self, key: Rule, whose: str, judged: Mask) -> Mask:
        """Mark those of the judged rows whose key a row of the table has, of which owner `whose` says."""
        ...

    def orphans(self, reference: Rule, judged: Mask) -> Mask:
        """Mark those of the judged rows that have no parent."""
        ...

    def relatives(self, reference: Rule, winners: Mask, judged: Mask) -> Relatives:
        """Return the judged rows without a parent in the table, and the winners that are it."""
        ...


@dataclass(slots=True, kw_only=True)
class Verdict:
    """Which rows are to be written, and by which rule each of the others is refused (shape: rows; -1: by none)."""

    accepted: Mask
    refused_by: npt.NDArray[np.int64]
