"""Which rules of a table decide about rows of a file in each mode, and where nobody knows beforehand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from processor.load import NotBySets, Writes, rules_of_mode
from processor.load.verdict import CHECK, FOREIGN_KEY, UNIQUE, Rule, TableRules

KEY = Rule(name="key", sqlstate=UNIQUE, id=1, columns=frozenset({"id"}), whole=True)
CODE = Rule(name="code", sqlstate=UNIQUE, id=2, columns=frozenset({"code"}), whole=True)
POSITIVE = Rule(name="positive", sqlstate=CHECK, columns=frozenset({"n"}))
SPAN = Rule(name="span", sqlstate=CHECK, columns=frozenset({"n", "other"}))
PARENT = Rule(
    name="parent", sqlstate=FOREIGN_KEY, id=3, after="c_1", on_update="c_2", columns=frozenset({"parent"}), whole=True
)
RULES = TableRules(
    by_sets=True,
    rows="",
    columns=("id", "code", "n", "parent"),
    reader="postgres",
    checks=(POSITIVE,),
    keys=(KEY, CODE),
    references=(PARENT,),
    updates=True,
    knows_keys=True,
    unfilled=frozenset({"other"}),
)
UPSERT = Writes(mode="upsert", keys=frozenset({"id"}), updated=frozenset({"code", "n", "parent"}))
UPDATE = replace(UPSERT, mode="update")
IGNORE = replace(UPSERT, mode="ignore")


def names(rules: TableRules) -> list[str]:
    """Return the names of the rules in the order in which they are tested."""
    return [rule.name for rule in (*rules.checks, *rules.in_order)]


def test_insert_meets_no_rows() -> None:
    rules, meeting = rules_of_mode(RULES, Writes())
    assert (rules, meeting.keys, meeting.skips) == (RULES, (), "nothing")


@pytest.mark.parametrize(
    ("writes", "skips", "whose", "changes"),
    [
        (UPSERT, "nothing", "others", True),
        (replace(UPSERT, own_rows=True), "others", "others", True),
        (replace(UPSERT, updated=frozenset()), "taken", "anybody", False),
        (IGNORE, "taken", "anybody", False),
        (UPDATE, "unmet", "anybody", True),
        (replace(UPDATE, own_rows=True), "unmet", "owner", True),
    ],
)
def test_which_rows_a_mode_skips(writes: Writes, skips: str, whose: str, changes: bool) -> None:
    rules, meeting = rules_of_mode(RULES, writes)
    assert (meeting.keys, meeting.skips, meeting.whose, meeting.changes) == ((KEY,), skips, whose, changes)
    assert names(rules) == ["positive", "key", "code", "parent"]


def test_ignore_without_keys_meets_rows_by_all_keys() -> None:
    assert rules_of_mode(RULES, replace(IGNORE, keys=frozenset()))[1].keys == (KEY, CODE)


@pytest.mark.parametrize("updated", [{"n"}, {"n", "code"}, {"parent"}])
def test_rules_of_columns_that_an_update_leaves_alone_refuse_nothing(updated: set[str]) -> None:
    rules, _ = rules_of_mode(RULES, replace(UPDATE, updated=frozenset(updated)))
    of_columns = {"n": "positive", "code": "code", "parent": "parent"}
    assert set(names(rules)) - {"key"} == {of_columns[name] for name in updated}


def test_an_upsert_tests_the_checks_of_new_rows_and_no_rules_of_nulls() -> None:
    writes = replace(UPSERT, updated=frozenset({"n"}))
    rules, _ = rules_of_mode(replace(RULES, unfilled=frozenset({"code", "parent"})), writes)
    assert names(rules) == ["positive", "key"]


@pytest.mark.parametrize(
    ("rules", "writes"),
    [
        (replace(RULES, checks=(SPAN,)), UPSERT),
        (replace(RULES, checks=(SPAN,)), UPDATE),
        (replace(RULES, checks=(replace(POSITIVE, valid=False),)), replace(UPDATE, updated=frozenset({"code"}))),
        (replace(RULES, references=(replace(PARENT, valid=False),)), UPSERT),
        (replace(RULES, referenced=frozenset({"code"})), UPSERT),
        (replace(RULES, updates=False), UPDATE),
        (replace(RULES, keys=(CODE,)), UPSERT),
        (replace(RULES, keys=(replace(KEY, whole=False), CODE)), IGNORE),
        (replace(RULES, keys=(replace(KEY, after="k_1"), CODE)), IGNORE),
        (replace(RULES, knows_keys=False), replace(IGNORE, keys=frozenset())),
        (replace(RULES, references=(PARENT, replace(PARENT, name="other", after="c_3", on_update="c_1"))), UPSERT),
    ],
)
def test_sets_cannot_say_it(rules: TableRules, writes: Writes) -> None:
    with pytest.raises(NotBySets) as refusal:
        rules_of_mode(rules, writes)
    assert refusal.value.for_good


def test_checks_that_rows_may_break_are_known_where_the_file_has_all_their_columns() -> None:
    rules, _ = rules_of_mode(replace(RULES, checks=(replace(POSITIVE, valid=False),)), UPSERT)
    assert names(rules) == ["positive", "key", "code", "parent"]
