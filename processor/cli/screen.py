"""What a command prints, and in which of three forms: text for people, JSON, or (--quiet) only ids and names.

Results go to standard output; errors, notes and progress go to standard error. Text is as wide as the terminal; where
standard output is not a terminal, each row is one line of any length.
"""

import json
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from rich.console import Console
from rich.text import Text

from processor.cli import layout
from processor.cli.layout import printable

#: The colours of the words that begin a line or stand in a column of their own.
COLOURS = {"completed": "green", "failed": "red", "cancelled": "yellow", "running": "cyan"}


@dataclass(slots=True)
class Screen:
    """The terminal. `as_json` and `quiet` are set by the options that every command has."""

    as_json: bool = False
    quiet: bool = False
    console: Console = field(default_factory=lambda: Console(highlight=False))
    stderr: Console = field(default_factory=lambda: Console(stderr=True, highlight=False))

    @property
    def width(self) -> int | None:
        """The width of the terminal in cells; None when standard output is not a terminal."""
        return self.console.width if self.console.is_terminal else None

    def show(self, document: object, names: Iterable[object], text: Callable[[], Iterable[str]]) -> None:
        """Print a result in the form that was asked for: a JSON document, or names, or lines of text."""
        if self.as_json:
            self.document(document)
        elif self.quiet:
            self.lines(printable(name) for name in names)
        else:
            self.lines(text())

    def document(self, document: object) -> None:
        """Print a document as one line of JSON."""
        sys.stdout.write(json.dumps(document, default=as_json, ensure_ascii=False) + "\n")
        sys.stdout.flush()

    def lines(self, lines: Iterable[str]) -> None:
        """Print lines as they are, with the words that name a status in colour."""
        for line in lines:
            self.console.print(coloured(line), soft_wrap=True)

    def sentence(self, sentence: str) -> None:
        """Print a sentence of one or more lines, unless JSON or quiet was asked for."""
        if not (self.as_json or self.quiet):
            self.lines(self.wrapped(sentence))

    def wrapped(self, sentence: str) -> list[str]:
        """Return a sentence as lines that fit the terminal."""
        text = printable(sentence)
        return layout.folded(text, self.width) if self.width else [text]

    def table(self, headers: Sequence[str], rows: Sequence[Sequence[object]], right: Iterable[int] = ()) -> list[str]:
        """Return rows as lines that fit the terminal."""
        return layout.table(headers, [[printable(cell) for cell in row] for row in rows], self.width, right)

    def values(self, pairs: Mapping[str, object]) -> list[str]:
        """Return names and values as lines that fit the terminal."""
        return layout.values({name: printable(value) for name, value in pairs.items()}, self.width)

    def note(self, note: str) -> None:
        """Print a note about what is going on to standard error, unless JSON or quiet was asked for."""
        if not (self.as_json or self.quiet):
            self.stderr.print(Text(printable(note), "yellow"), soft_wrap=True)

    def error(self, message: str, hint: str, code: str) -> None:
        """Print an error in one line to standard error."""
        message, hint = printable(message), printable(hint)
        if self.as_json:
            document = {"code": code, "message": message, "hint": hint}
            sys.stderr.write(json.dumps(document, ensure_ascii=False) + "\n")
            return
        line = Text.assemble((f"error {code}", "bold red"), f": {message}{f' — {hint}' if hint else ''}")
        self.stderr.print(line, soft_wrap=True)


def coloured(line: str) -> Text:
    """Return a line with the words in colour that stand where a status is printed."""
    text = Text(line)
    for word, colour in COLOURS.items():
        text.highlight_regex(rf"(?:^|(?<=  )|(?<=status )){word}(?=$|:|  | \()", colour)
    return text


def as_json(value: object) -> object:
    """Return a value of the database as one of JSON.

    Raises: TypeError when it has none.
    """
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, UUID):
        return str(value)
    raise TypeError(f"a {type(value).__name__} is no value of JSON")


screen = Screen()
