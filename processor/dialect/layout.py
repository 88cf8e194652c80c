"""Find delimiter, quote, escape, comments and the lines before the header: try all candidates, and keep the best."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from processor.dialect.candidates import DELIMITERS, Candidate, CandidateResult, stray_quotes, try_candidate
from processor.dialect.options import DialectOptions
from processor.errors import AmbiguousDialect
from processor.model import How

#: Two scores that differ by less than MARGIN count as equal, if the lower one is above FAIR.
MARGIN, FAIR = 0.03, 0.7
#: If no score reaches this (one column, or rows of many widths), the first line decides.
POOR = 0.5
SPOKEN = {",": "a comma", ";": "a semicolon", "\t": "a tab", "|": "a pipe", ":": "a colon"}
# Only ASCII delimiters are accepted: a file must not be able to split its own characters.
_SEP = re.compile(r'"?sep=(?=[\x01-\x7f])([^\w\s"]|\t)"?\s*')


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """The best candidate with its result, the other parts of the layout, and how each part was decided."""

    result: CandidateResult
    comment: str | None
    skip_lines: int
    line_end: str
    how: dict[str, How]


def find_layout(lines: Sequence[str], complete: bool, given: DialectOptions) -> Layout:
    """Find the layout of a sample's lines; `complete` says that the sample is the whole text.

    Raises: AmbiguousDialect if two candidates have about the same score.
    """
    skip = given.skip_lines or 0
    hint = _SEP.fullmatch(lines[skip]) if skip < len(lines) and given.delimiter is None else None
    hint = None if hint and hint[1] in given.marks else hint
    delimiter = given.delimiter or (hint[1] if hint else None)
    skip += hint is not None
    lines = lines[skip:]
    text = "".join(lines)
    comment = given.comment or None
    best = _best(_results(lines, text, complete, delimiter, given), lines, delimiter)
    may_comment = given.comment is None and "#" in text and "#" not in (*given.marks, delimiter)
    if may_comment and (comment := _detected_comment(lines, best)):
        best = try_candidate(lines, complete, best.candidate, comment, given.skip_lines is None)
    title_lines = best.rows[best.start].line if best.start else 0
    return Layout(
        result=best,
        comment=comment,
        skip_lines=skip + title_lines,
        line_end=_line_end(lines, best) if "\r" in text else "lf",
        how={
            "delimiter": how(given.delimiter, bool(best.score or hint)),
            "quote": how(given.quote, best.candidate.quote != '"' or any('"' in line for line in lines)),
            "escape": how(given.escape, best.candidate.escape is not None),
            "comment": how(given.comment, comment is not None),
            "skip_lines": how(given.skip_lines, bool(skip + title_lines)),
        },
    )


def _results(
    lines: Sequence[str], text: str, complete: bool, delimiter: str | None, given: DialectOptions
) -> list[CandidateResult]:
    """Try all candidates."""
    comment = given.comment or None
    results: list[CandidateResult] = []
    free = [mark for mark in DELIMITERS if mark not in given.marks]
    for mark in [delimiter] if delimiter else [mark for mark in free if mark in text] or free[:1]:
        # A colon scores at most FAIR and cannot win against a better result, and times are full of colons.
        if mark != ":" or not any(result.score > FAIR for result in results):
            results += [
                try_candidate(lines, complete, candidate, comment, given.skip_lines is None)
                for candidate in _candidates(text, mark, given)
            ]
    return results


def how(given: object, found: bool) -> How:
    """Return how a part was decided."""
    return "given" if given is not None else "found" if found else "default"


def _line_end(lines: Sequence[str], result: CandidateResult) -> str:
    """Return the line end of the rows; line ends within quotes do not count."""
    ends = {lines[row.next_line - 1][-2:] for row in result.rows}
    kinds = {
        "crlf" if end.endswith("\r\n") else "cr" if end.endswith("\r") else "lf"
        for end in ends
        if end[-1:] in ("\r", "\n")
    }
    return kinds.pop() if len(kinds) == 1 else "mixed" if kinds else "lf"


def _candidates(text: str, delimiter: str, given: DialectOptions) -> Iterator[Candidate]:
    """Yield the candidates that the text gives reason to try, the usual one first: it wins against an equal score."""
    has_backslash = "\\" in text and "\\" not in (given.quote, delimiter, given.comment)
    for quote in _quotes(text, delimiter, given):
        escapes: list[str | None] = [None]
        if has_backslash and any("\\" + escaped in text for escaped in (delimiter, quote, "\\") if escaped):
            escapes = [None, "\\"]
        if given.escape is not None:
            escapes = ["\\" if given.escape == "\\" != quote else None]
        for escape in escapes:
            yield Candidate(delimiter, quote, escape)


def _quotes(text: str, delimiter: str, given: DialectOptions) -> list[str | None]:
    if given.quote is not None:
        return [given.quote or None]
    quotes: list[str | None] = ['"']
    if "'" in (delimiter, given.comment):
        return quotes
    edges = (delimiter, "\r", "\n")
    double, single = (opens_field(text, edges, mark) for mark in ('"', "'"))
    if single and not double and text.startswith("'") + sum(text.count(edge + "'") for edge in edges) > 1:
        regular = any(not stray_quotes(text, Candidate(delimiter, "'", escape)) for escape in (None, "\\"))
        quotes = ["'", '"'] if regular else quotes
    if double and delimiter in "\t|":
        quotes.append(None)  # database dumps do not quote, and write a quote as it is
    return quotes


def opens_field(text: str, edges: Sequence[str], quote: str) -> bool:
    """Return whether a quote opens a field.

    Fixed strings are searched for, because a pattern took 27 % of a small job's time.
    """
    return text.startswith(quote) or (quote in text and any(edge + quote in text for edge in edges))


def _best(results: list[CandidateResult], lines: Sequence[str], delimiter: str | None) -> CandidateResult:
    best = max(results, key=_score)
    if best.score < POOR and delimiter is None:
        header = next((line for line in lines if line.strip("\r\n")), "")
        mark = max(DELIMITERS[:4], key=lambda mark: (header.count(mark), mark == ","))
        best = max((result for result in results if result.candidate.delimiter == mark), key=_score, default=best)
    for other in results:
        delimiters = best.candidate.delimiter, other.candidate.delimiter
        if other.score > FAIR and best.score - other.score < MARGIN and delimiters[0] != delimiters[1]:
            names = " or ".join(str(SPOKEN.get(mark)) for mark in delimiters)
            raise AmbiguousDialect("the delimiter may be {delimiters}: set options.delimiter", delimiters=names)
    return best


def _score(result: CandidateResult) -> float:
    return result.score


def _detected_comment(lines: Sequence[str], result: CandidateResult) -> str | None:
    """Return `#` if lines between the rows begin with it, and none of them has as many fields as the table."""
    marked = [row for row in result.rows[result.start + 1 :] if lines[row.line].startswith("#")]
    return "#" if marked and all(len(row.fields) != result.width for row in marked) and result.width > 1 else None
