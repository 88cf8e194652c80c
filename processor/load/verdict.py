"""Decide for a set of rows which of them a table refuses, and for which reason, as if it took them one by one.

Postgres tests the checks of a row by name, then its unique indexes by OID, and after the row is written what its
triggers test, by their names: foreign keys, and keys that are deferrable. The first that fails is the reason. A refused
row takes no key: of several rows with the same key the first that nothing else refuses is written.
"""

from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
import numpy.typing as npt

Mask = npt.NDArray[np.bool_]
# How often keys are compared again for rows that one key has refused and another one let pass.
ROUNDS: Final = 20
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

    `condition` is that of a check. `after` is the trigger that tests the rule after the row is written, `sqlstate` that
    of the error.
    """

    name: str
    sqlstate: str
    id: int = 0
    condition: str = ""
    after: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TableRules:
    """What a table may refuse rows for, as `importer.table_rules` returns it.

    `rows` is the query for the staged rows with the columns that the rules need, of which the stage has `columns`;
    `reader` is the role that looks up keys and parents. Checks are in the order of their names, keys in that of their
    OIDs.
    """

    by_sets: bool
    rows: str
    columns: tuple[str, ...]
    reader: str
    checks: tuple[Rule, ...]
    keys: tuple[Rule, ...]
    references: tuple[Rule, ...]

    @property
    def in_order(self) -> list[Rule]:
        """Keys and foreign keys in the order in which Postgres tests them; the checks precede them."""
        at_once = [key for key in self.keys if key.after is None]
        later = [rule for rule in (*self.keys, *self.references) if rule.after is not None]
        return at_once + sorted(later, key=lambda rule: (rule.after or "").encode())


class Lookups(Protocol):
    """What the database says about staged rows; a mask (shape: rows) marks rows."""

    def taken(self, key: Rule, winners: Mask, judged: Mask) -> Mask:
        """Mark those of the judged rows whose key the table has, or an earlier one of the winners."""
        ...

    def orphans(self, reference: Rule, judged: Mask) -> Mask:
        """Mark those of the judged rows that have no parent."""
        ...


@dataclass(slots=True, kw_only=True)
class Verdict:
    """Which rows are accepted, and by which rule each of the others is refused (shape: rows; -1: accepted)."""

    accepted: Mask
    refused_by: npt.NDArray[np.int64]


class Judge:
    """Judges rows by the rules that have refused some (`suspects`, by name) and by all checks.

    `failed` (shape: rows) is the place of the first check that is false, or -1. Whatever is accepted still has to be
    written: a rule that is no suspect yet may refuse some of it.
    """

    def __init__(self, rules: TableRules, lookups: Lookups, suspects: frozenset[str]) -> None:
        self._rules, self._lookups = rules, lookups
        keys = [rule for rule in rules.keys if rule.name in suspects]
        # A row that one key refuses takes none of the others, so two of them concern all.
        self._keys = keys if len(keys) < 2 else list(rules.keys)
        self._references = [rule for rule in rules.references if rule.name in suspects]

    def orphans(self, failed: npt.NDArray[np.int64]) -> dict[str, Mask]:
        """Return, by foreign key, the rows without a parent among those that pass the checks."""
        candidates = failed < 0
        return {rule.name: self._lookups.orphans(rule, candidates) for rule in self._references}

    def verdict(self, failed: npt.NDArray[np.int64], orphans: dict[str, Mask]) -> Verdict:
        """Decide about all rows.

        Raises: NotBySets, psycopg.Error.
        """
        candidates = failed < 0
        for mask in orphans.values():
            candidates &= ~mask
        taken: dict[str, Mask] = {}
        accepted = self._accepted(candidates, taken)
        refused_by = failed.copy()
        rest = (failed < 0) & ~accepted
        for place, rule in enumerate(self._rules.in_order, len(self._rules.checks)):
            if not rest.any():
                break
            if rule.sqlstate == FOREIGN_KEY:
                mask = orphans[rule.name] & rest if rule.name in orphans else self._lookups.orphans(rule, rest)
            else:
                mask = self._taken_by_accepted(rule, accepted, rest, candidates, taken)
            refused_by[mask] = place
            rest &= ~mask
        if rest.any():
            raise NotBySets(for_good=False)
        return Verdict(accepted=accepted, refused_by=refused_by)

    def _accepted(self, candidates: Mask, taken: dict[str, Mask]) -> Mask:
        """Return the candidates that get all their keys; fill `taken` with what one key alone refuses."""
        if not self._keys:
            return candidates
        taken |= {key.name: self._lookups.taken(key, candidates, candidates) for key in self._keys}
        undecided = np.logical_or.reduce(list(taken.values()))
        accepted = candidates & ~undecided
        if len(self._keys) == 1:
            return accepted
        taken.clear()
        for _ in range(ROUNDS):
            undecided &= ~self._any_taken(accepted, undecided)
            if not undecided.any():
                return accepted
            again = self._any_taken(undecided, undecided)
            accepted |= undecided & ~again
            undecided = again
        raise NotBySets(for_good=False)

    def _any_taken(self, winners: Mask, judged: Mask) -> Mask:
        return np.logical_or.reduce([self._lookups.taken(key, winners, judged) for key in self._keys])

    def _taken_by_accepted(
        self, key: Rule, accepted: Mask, rest: Mask, candidates: Mask, taken: dict[str, Mask]
    ) -> Mask:
        if key.name not in taken:
            return self._lookups.taken(key, accepted, rest)
        known, unknown = taken[key.name] & rest, rest & ~candidates
        return known | self._lookups.taken(key, accepted, unknown) if unknown.any() else known
