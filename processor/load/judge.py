"""Judge staged rows by the rules of their table: who gets which key, and why each of the others is refused."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from processor.load.relatives import cut_off
from processor.load.verdict import FOREIGN_KEY, Lookups, Mask, Meeting, NotBySets, Rule, TableRules, Verdict

#: How often keys are compared again for rows that one key has refused and another one let pass.
ROUNDS: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known before reasons are given: the `orphans` by foreign key, all of them, and what keys have refused."""

    orphans: dict[str, Mask]
    orphaned: Mask
    taken: dict[str, Mask]
    in_order: bool


class Judge:
    """Judges rows by the rules that have refused some (`suspects`, by name) and by all checks.

    `failed` (shape: rows) is the place of the first check that is false, or -1. `present` marks the rows that there
    are (None: all). Whatever is accepted still has to be written: a rule that is no suspect yet may refuse some of it.
    """

    def __init__(
        self,
        rules: TableRules,
        lookups: Lookups,
        suspects: frozenset[str],
        meeting: Meeting | None = None,
        present: Mask | None = None,
    ) -> None:
        self._rules, self._lookups, self._meeting, self._present = rules, lookups, meeting or Meeting(), present
        self._met = {key.name for key in self._meeting.keys}
        refusing = [rule for rule in rules.keys if rule.name not in self._met]
        suspected = [rule for rule in refusing if rule.name in suspects]
        # A row that one key refuses takes none of the others, so two of them concern all.
        if self._meeting.skips == "taken":
            self._keys = list(rules.keys) if suspected else []
        elif self._meeting.changes:
            self._keys = refusing if suspected else []
        else:
            self._keys = suspected if len(suspected) < 2 else refusing
        self._references = [rule for rule in rules.references if rule.name in suspects and not rule.is_own]
        # Together, rows are accepted whose parents come later; one by one, they are refused, and others get their keys.
        self._own = [rule for rule in rules.references if rule.is_own]

    def orphans(self, failed: npt.NDArray[np.int64]) -> dict[str, Mask]:
        """Return, by foreign key, the rows without a parent among those that pass the checks."""
        candidates = (failed < 0) & self._there(failed)
        return {rule.name: self._lookups.orphans(rule, candidates) for rule in self._references}

    def verdict(self, failed: npt.NDArray[np.int64], orphans: dict[str, Mask], *, in_order: bool = True) -> Verdict:
        """Decide about all rows.

        Where rows refer to rows of their table, these come before them if the rows are written `in_order`; in one
        statement, the order is of no importance.
        Raises: NotBySets, psycopg.Error.
        """
        there = self._there(failed)
        orphaned = np.logical_or.reduce([np.zeros_like(there), *orphans.values()])
        if self._meeting.skips == "taken" and len(self._met) > 1 and orphaned.any():
            self._keys = list(self._rules.keys)
        skipped = self._skipped(there, failed, orphaned)
        refused_by = np.where(skipped, -1, failed)
        passing = there & (refused_by < 0) & ~skipped
        accepted, taken, orphaned = self._related(passing, orphaned, in_order=in_order)
        rest = passing & ~accepted
        if self._meeting.skips == "taken":
            for key in self._meeting.keys:
                skipped |= self._lookups.taken(key, accepted, rest & ~skipped)
            rest &= ~skipped
        if self._meeting.secured and self._lookups.meeting(self._meeting.keys[0], "anybody", rest).any():
            raise NotBySets(for_good=True)
        known = Known(orphans=orphans, orphaned=orphaned, taken=taken, in_order=in_order)
        self._give_reasons(refused_by, accepted, rest, known)
        return Verdict(accepted=accepted | skipped, refused_by=refused_by)

    def _related(self, passing: Mask, orphaned: Mask, *, in_order: bool) -> tuple[Mask, dict[str, Mask], Mask]:
        """Return the rows that get their keys and have their parents, what keys have refused, and all orphans.

        A row without parent takes no key, so that another row gets it, and may be the parent of a third.
        Raises: NotBySets, psycopg.Error.
        """
        cut = np.zeros_like(passing)
        for _ in range(ROUNDS):
            taken: dict[str, Mask] = {}
            accepted = self._accepted(passing & ~orphaned & ~cut, taken)
            if not self._own:
                return accepted, taken, orphaned
            relatives = [self._lookups.relatives(rule, accepted, accepted | cut) for rule in self._own]
            before, cut = cut, cut_off(cut.size, relatives, in_order=in_order)
            if (cut == before).all() or (not self._keys and all(one.is_clear for one in relatives)):
                return accepted & ~cut, taken, orphaned | cut
        raise NotBySets(for_good=False)

    def _give_reasons(self, refused_by: npt.NDArray[np.int64], accepted: Mask, rest: Mask, known: Known) -> None:
        """Note the first rule that refuses each row of the rest.

        Raises: NotBySets where none does, psycopg.Error.
        """
        for place, rule in enumerate(self._rules.in_order, len(self._rules.checks)):
            if not rest.any():
                return
            if rule.name in self._met:
                continue
            if rule.is_own:
                mask = np.zeros_like(rest)
                mask[self._lookups.relatives(rule, accepted, rest).lacking(in_order=known.in_order)] = True
            elif rule.sqlstate == FOREIGN_KEY:
                known_orphans = known.orphans.get(rule.name)
                mask = self._lookups.orphans(rule, rest) if known_orphans is None else known_orphans & rest
            else:
                mask = self._taken_by_accepted(rule, accepted, rest, known)
            refused_by[mask] = place
            rest = rest & ~mask
        if rest.any():
            raise NotBySets(for_good=False)

    def _there(self, failed: npt.NDArray[np.int64]) -> Mask:
        return np.ones(failed.size, np.bool_) if self._present is None else self._present

    def _skipped(self, there: Mask, failed: npt.NDArray[np.int64], orphaned: Mask) -> Mask:
        """Return the rows that the mode skips whatever becomes of the others."""
        meeting = self._meeting
        if meeting.skips == "unmet":
            return there & ~self._lookups.meeting(meeting.keys[0], meeting.whose, there)
        if meeting.skips == "others" and (self._keys or orphaned.any()):
            return self._lookups.meeting(meeting.keys[0], meeting.whose, there & (failed < 0))
        return np.zeros_like(there)

    def _accepted(self, candidates: Mask, taken: dict[str, Mask]) -> Mask:
        """Return the candidates that get all their keys; fill `taken` with what one key alone refuses."""
        if not self._keys:
            return candidates
        if len(self._keys) == 1 and not self._meeting.keys:
            (key,) = self._keys
            taken[key.name] = self._lookups.taken(key, candidates, candidates)
            return candidates & ~taken[key.name]
        undecided = self._any_taken(candidates, candidates)
        accepted = candidates & ~undecided
        for _ in range(ROUNDS):
            undecided = undecided & ~self._any_taken(accepted, undecided)
            if not undecided.any():
                return accepted
            again = self._any_taken(undecided, undecided)
            accepted = accepted | (undecided & ~again)
            undecided = again
        raise NotBySets(for_good=False)

    def _any_taken(self, winners: Mask, judged: Mask) -> Mask:
        return np.logical_or.reduce([self._taken(key, winners, judged) for key in self._keys])

    def _taken(self, key: Rule, winners: Mask, judged: Mask) -> Mask:
        if self._meeting.changes:
            return self._lookups.taken_by_another(key, self._meeting.keys[0], winners, judged)
        return self._lookups.taken(key, winners, judged)

    def _taken_by_accepted(self, key: Rule, accepted: Mask, rest: Mask, known: Known) -> Mask:
        if key.name not in known.taken:
            return self._taken(key, accepted, rest)
        mask, unknown = known.taken[key.name] & rest, rest & known.orphaned
        return mask | self._taken(key, accepted, unknown) if unknown.any() else mask
