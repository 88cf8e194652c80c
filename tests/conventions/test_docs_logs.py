"""Compare docs/reference/logs.md with the events in the code: action, level and fields."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "reference" / "logs.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| `(\w+)` \|([^|]*)\|([^|]*)\|([^|]+)\|([^|]*)\|$", re.MULTILINE)
LEVELS = {"logging.INFO": "info", "logging.WARNING": "warning", "logging.ERROR": "error"}
Lines = dict[str, tuple[str, frozenset[str]]]


def calls(source: str) -> list[ast.Call]:
    """Return the calls of `event` in a module."""
    return [
        node
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] == "event"
    ]


def events(sources: list[str]) -> Lines:
    """Return the level and the fields of each action; a level that is decided when it happens is one of two."""
    levels, fields = defaultdict(set), defaultdict(set)
    for call in (call for source in sources for call in calls(source)):
        action, *level = call.args
        assert isinstance(action, ast.Constant), f"the action is not a constant: {ast.unparse(call)}"
        assert all(keyword.arg for keyword in call.keywords), f"fields are not named: {ast.unparse(call)}"
        levels[action.value].add(LEVELS.get(ast.unparse(level[0]), "warning, error") if level else "info")
        fields[action.value] |= {keyword.arg for keyword in call.keywords}
    return {action: (", ".join(sorted(levels[action])), frozenset(fields[action])) for action in levels}


def documented() -> Lines:
    """Return the level and the fields of each action by the page."""
    return {
        action: (level.strip(), frozenset(re.findall(r"`(\w+)`", fields)))
        for action, level, fields, *_ in ROW.findall(PAGE)
    }


def test_page_lists_every_line_with_its_level_and_fields() -> None:
    sources = [path.read_text(encoding="utf-8") for path in (ROOT / "processor").rglob("*.py")]
    assert events(sources) == documented()


def test_each_action_is_listed_once() -> None:
    assert len(ROW.findall(PAGE)) == len(documented()) == PAGE.count("\n| `")


def test_lines_of_level_error_say_what_to_do() -> None:
    assert [row[0] for row in ROW.findall(PAGE) if "error" in row[1] and not row[4].strip()] == []


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("event('a')", {"a": ("info", frozenset())}),
        ("log.event('a', logging.ERROR, code=1)", {"a": ("error", frozenset({"code"}))}),
        ("event('a', level)", {"a": ("warning, error", frozenset())}),
        ("event('a', x=1)\nevent('a', y=1)", {"a": ("info", frozenset({"x", "y"}))}),
    ],
)
def test_events_are_found(source: str, found: Lines) -> None:
    assert events([source]) == found


@pytest.mark.parametrize("source", ["event(name)", "event('a', **fields)"])
def test_event_that_cannot_be_documented_is_refused(source: str) -> None:
    with pytest.raises(AssertionError):
        events([source])
