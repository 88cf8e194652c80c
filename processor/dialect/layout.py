"""Delimiter, quote, escape, lines before the header, comments: try every way to read the sample, and keep the best."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from processor.dialect.given import Given
from processor.dialect.trial import DELIMITERS, Marks, Trial, attempt, leftover_quotes
from processor.errors import AmbiguousDialect
from processor.model import How

#: Scores this close are about as good; a way to read that scores less than FAIR is no rival.
MARGIN, FAIR = 0.03, 0.7
#: Below this no way makes a table: one column, or rows in disorder, where the first line decides.
POOR = 0.5
SPOKEN = {",": "a comma", ";": "a semicolon", "\t": "a tab", "|": "a pipe", ":": "a colon"}
# All marks are ASCII: a file must not be able to cut its own characters in two.
_SEP = re.compile(r'"?sep=(?=[\x01-\x7f])([^\w\s"]|\t)"?\s*')


@dataclass(frozen=True, slots=True)
class Layout:
    """How the lines are to be read, and how each part was decided."""

    trial: Trial
    comment: str | None
    skip_lines: int
    line_end: str
    how: dict[str, How]


def find_layout(lines: Sequence[str], complete: bool, given: Given) -> Layout:
    """Decide how to read the lines of a sample; raises AmbiguousDialect where two ways are about as good."""
    skip = given.skip_lines or 0
    hint = _SEP.fullmatch(lines[skip]) if skip < len(lines) and given.delimiter is None else None
    delimiter = given.delimiter or (hint[1] if hint else None)
    skip += hint is not None
    lines = lines[skip:]
    comment = given.comment or None
    trials: list[Trial] = []
    text = "".join(lines)
    for mark in [delimiter] if delimiter else [mark for mark in DELIMITERS if mark in text] or [","]:
        # A colon scores FAIR at most: no rival of a way that is better than that, and times are full of colons.
        if mark != ":" or not any(trial.score > FAIR for trial in trials):
            ways = _ways(text, mark, given)
            trials += [attempt(lines, complete, marks, comment, given.skip_lines is None) for marks in ways]
    best = _best(trials, lines, delimiter)
    if given.comment is None and "#" in text and (comment := _found_comment(lines, best)):
        best = attempt(lines, complete, best.marks, comment, given.skip_lines is None)
    title = best.rows[best.start].line if best.start else 0
    found: dict[str, How] = {
        "delimiter": how(given.delimiter, bool(best.score or hint)),
        "quote": how(given.quote, best.marks.quote != '"' or any('"' in line for line in lines)),
        "escape": how(given.escape, best.marks.escape is not None),
        "comment": how(given.comment, comment is not None),
        "skip_lines": how(given.skip_lines, bool(skip + title)),
    }
    return Layout(best, comment, skip + title, _line_end(lines, best) if "\r" in text else "lf", found)


def how(given: object, found: bool) -> How:
    """Say how a part was decided."""
    return "given" if given is not None else "found" if found else "default"


def _line_end(lines: Sequence[str], trial: Trial) -> str:
    """Name what ends the rows (line ends within quotes are no habit of the file's)."""
    ends = {lines[row.next_line - 1][-2:] for row in trial.rows}
    kinds = {
        "crlf" if end.endswith("\r\n") else "cr" if end.endswith("\r") else "lf"
        for end in ends
        if end[-1:] in ("\r", "\n")
    }
    return kinds.pop() if len(kinds) == 1 else "mixed" if kinds else "lf"


def _ways(text: str, delimiter: str, given: Given) -> Iterator[Marks]:
    """List the ways worth a trial, the usual one first: it wins where others are no better."""
    slashed = "\\" in text
    for quote in _quotes(text, delimiter, given):
        escapes: list[str | None] = [None]
        if slashed and any("\\" + escaped in text for escaped in (delimiter, quote, "\\") if escaped):
            escapes = [None, "\\"]
        if given.escape is not None:
            escapes = ["\\" if given.escape == "\\" else None]
        for escape in escapes:
            yield Marks(delimiter, quote, escape)


def _quotes(text: str, delimiter: str, given: Given) -> list[str | None]:
    if given.quote is not None:
        return [given.quote or None]
    quotes: list[str | None] = ['"']
    edges = (delimiter, "\r", "\n")
    double, single = (opens(text, edges, mark) for mark in ('"', "'"))
    if single and not double and text.startswith("'") + sum(text.count(edge + "'") for edge in edges) > 1:
        regular = any(not leftover_quotes(text, Marks(delimiter, "'", escape)) for escape in (None, "\\"))
        quotes = ["'", '"'] if regular else quotes
    if double and delimiter in "\t|":
        quotes.append(None)  # dumps of databases do not quote, and write a quote as it is
    return quotes


def opens(text: str, edges: Sequence[str], mark: str) -> bool:
    """Tell whether a quote opens a field, by searches for fixed texts: a pattern took 27 % of a small job's time."""
    return text.startswith(mark) or (mark in text and any(edge + mark in text for edge in edges))


def _best(trials: list[Trial], lines: Sequence[str], delimiter: str | None) -> Trial:
    best = max(trials, key=lambda trial: trial.score)
    if best.score < POOR and delimiter is None:
        header = next((line for line in lines if line.strip("\r\n")), "")
        mark = max(DELIMITERS[:4], key=lambda mark: (header.count(mark), mark == ","))
        best = max((trial for trial in trials if trial.marks.delimiter == mark), key=_score, default=best)
    for other in trials:
        if other.score > FAIR and best.score - other.score < MARGIN and other.marks.delimiter != best.marks.delimiter:
            raise AmbiguousDialect(
                f"the delimiter may be {SPOKEN.get(best.marks.delimiter)} or {SPOKEN.get(other.marks.delimiter)}: "
                "set options.delimiter"
            )
    return best


def _score(trial: Trial) -> float:
    return trial.score


def _found_comment(lines: Sequence[str], trial: Trial) -> str | None:
    """Take `#` for a comment mark if lines among the rows begin with it, and none of them has the table's width."""
    marked = [row for row in trial.rows[trial.start + 1 :] if lines[row.line].startswith("#")]
    return "#" if marked and all(len(row.fields) != trial.width for row in marked) and trial.width > 1 else None
