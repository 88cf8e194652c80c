"""Which rules of a table say for certain, in each mode of a target, that a row is refused, and how rows meet others."""

from dataclasses import dataclass, replace

from processor.load.verdict import Meeting, NotBySets, Rule, TableRules


@dataclass(frozen=True, slots=True, kw_only=True)
class Writes:
    """How rows are written: by which `keys` they meet existing rows in this mode, and which columns these get.

    `own_rows` says that the mode leaves existing rows of other owners alone.
    """

    mode: str = "insert"
    keys: frozenset[str] = frozenset()
    updated: frozenset[str] = frozenset()
    own_rows: bool = False

    @property
    def meets_rows(self) -> bool:
        """Whether the mode does something with existing rows."""
        return self.mode in ("upsert", "ignore", "update")


def rules_of_mode(rules: TableRules, writes: Writes) -> tuple[TableRules, Meeting]:
    """Return the rules that refuse rows in a mode, and how rows meet existing ones.

    A rule is about the row that there is in the end. Sets know that one where the file decides about all columns of
    the rule; where it decides about none, an existing row obeys the rule as before. Between the two nobody knows.
    Raises: NotBySets where the rules or the key are not of that kind.
    """
    if not writes.meets_rows:
        return rules, Meeting()
    met = met_keys(rules, writes)
    if writes.mode == "ignore" or not writes.updated:
        return rules, Meeting(keys=met, skips="taken")
    if not rules.updates or rules.referenced & writes.updated or any(rule.is_own for rule in rules.references):
        raise NotBySets(for_good=True)
    known = replace(
        rules,
        checks=tuple(rule for rule in rules.checks if tests_rows(rule, rules, writes, is_check=True)),
        keys=tuple(rule for rule in rules.keys if rule in met or tests_rows(rule, rules, writes, is_check=False)),
        references=tuple(rule for rule in rules.references if tests_rows(rule, rules, writes, is_check=False)),
    )
    if writes.mode == "upsert":
        if names(known.in_order) != names(on_update(known).in_order):
            raise NotBySets(for_good=True)
        skips = "others" if writes.own_rows else "nothing"
        return known, Meeting(keys=met[:1], skips=skips, whose="others", changes=True)
    whose = "owner" if writes.own_rows else "anybody"
    return on_update(known), Meeting(keys=met[:1], skips="unmet", whose=whose, changes=True)


def met_keys(rules: TableRules, writes: Writes) -> tuple[Rule, ...]:
    """Return the keys by which rows meet existing ones.

    Raises: NotBySets.
    """
    if writes.keys:
        keys = [key for key in rules.keys if key.whole and key.columns == writes.keys]
        met = tuple(key for key in keys if key.after is None or writes.mode == "update")
    else:
        met = rules.keys
    if (writes.keys and not met) or (not writes.keys and (not rules.knows_keys or any(key.after for key in met))):
        raise NotBySets(for_good=True)
    return met


def tests_rows(rule: Rule, rules: TableRules, writes: Writes, *, is_check: bool) -> bool:
    """Return whether a rule refuses rows by the file's values alone; where it does not, it refuses none.

    Raises: NotBySets where it may refuse rows by others.
    """
    if rule.columns <= writes.updated | writes.keys and (rule.valid or is_check):
        return True
    if rule.columns & writes.updated or not rule.valid:
        raise NotBySets(for_good=True)
    if writes.mode == "update":
        return False
    if is_check:
        return True
    if rule.columns & rules.unfilled:
        return False  # a null refers to nothing, and equals nothing
    raise NotBySets(for_good=True)


def on_update(rules: TableRules) -> TableRules:
    """Return the rules as Postgres tests them for a row that is changed."""
    changed = (replace(rule, after=rule.on_update or rule.after) for rule in rules.references)
    return replace(rules, references=tuple(changed))


def names(rules: list[Rule]) -> list[str]:
    """Return the names of rules."""
    return [rule.name for rule in rules]
