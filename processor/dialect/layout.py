"""Find delimiter, quote, escape, comments and the lines before the header: try all candidates, and keep the best.

The header decides what parts the fields: it is the line that names columns of the target. Where no line does, the types
of the target's columns decide, and where the target is not known, how much the rows look like a table.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from processor.dialect.candidates import (
    DELIMITERS,
    SPOKEN,
    Candidate,
    CandidateResult,
    ambiguous_delimiter,
    fields_of,
    try_candidate,
)
from processor.dialect.comments import find_comment
from processor.dialect.header_detection import MOST, fitting_share, has_header
from processor.dialect.headerless import best_by_place
from processor.dialect.named_header import NamedHeader, find_named_header
from processor.dialect.options import DialectOptions
from processor.dialect.quotes import possible_quotes, quote_order
from processor.errors import AmbiguousDialect
from processor.model import How, KnownColumns

#: Two scores that differ by less than MARGIN count as equal, if the lower one is above FAIR.
MARGIN, FAIR = 0.03, 0.7
#: If no score reaches this (one column, or rows of many widths), the first line decides.
POOR = 0.5
_BARE = re.compile(r"[,;\t|]*[\r\n]*")
# Only ASCII delimiters are accepted: a file must not be able to split its own characters.
_SEP = re.compile(r'"?sep=(?=[\x01-\x7f])([^\w\s"]|\t)"?\s*')


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """The best candidate with its result, the other parts of the layout, and how each part was decided."""

    result: CandidateResult
    has_header: bool
    comment: str | None
    skip_lines: int
    line_end: str
    quote_order: float
    how: dict[str, How]


@dataclass(frozen=True, slots=True)
class _Sample:
    """The lines to read, whether they are the whole text, and what is known."""

    lines: Sequence[str]
    text: str
    complete: bool
    given: DialectOptions
    known: KnownColumns | None

    def results(
        self, delimiters: Sequence[str | None], *, header_line: int | None = None, titles: bool = False
    ) -> list[CandidateResult]:
        """Try all candidates with these delimiters."""
        results: list[CandidateResult] = []
        for mark in delimiters:
            # A colon scores at most FAIR and cannot win against a better result, and times are full of colons.
            if mark != ":" or not any(result.score > FAIR for result in results):
                results += [
                    try_candidate(
                        *(self.lines, self.complete, candidate, self.given.comment or None),
                        header_line=header_line,
                        titles=titles and self.given.skip_lines is None,
                        footer=self.given.footer,
                    )
                    for candidate in _candidates(self.text, mark, self.given)
                ]
        return results


def find_layout(
    lines: Sequence[str], complete: bool, given: DialectOptions, known: KnownColumns | None = None
) -> Layout:
    """Find the layout of a sample's lines; `complete` says that the sample is the whole text.

    Raises: AmbiguousDialect if two candidates have about the same score, or the first row may be a header or not.
    """
    skip = given.skip_lines or 0
    hint = _delimiter_hint(lines, skip, given)
    delimiter = given.delimiter or hint
    skip += hint is not None
    bare = _bare_lines(lines, skip, given)
    sample = _Sample(lines[skip + bare :], "".join(lines[skip + bare :]), complete, given, known)
    best, named, has_names = _best(sample, delimiter)
    comment = given.comment or None
    if given.comment is None and "#" in sample.text and "#" not in (*given.marks, delimiter):
        comment = find_comment(sample.lines, best, sample.text, headerless=has_names is False)
    if comment and given.comment is None:
        header = best.rows[best.start].line if named or best.start else None
        best = try_candidate(sample.lines, complete, best.candidate, comment, header_line=header, footer=given.footer)
    title_lines = best.rows[best.start].line if best.start else 0
    if has_names is None:
        has_names = has_header([row.fields for row in best.rows[best.start :][:50]], known, named)
    if has_names:  # without a header they are records, which are skipped and counted
        title_lines += bare
    return Layout(
        result=_with_default_delimiter(best, sample),
        has_header=has_names,
        comment=comment,
        skip_lines=skip + title_lines,
        line_end=_line_end(sample.lines, best) if "\r" in sample.text else "lf",
        quote_order=quote_order(best, sample.lines, sample.text),
        how={
            "delimiter": how(given.delimiter, bool(best.score or hint)),
            "quote": how(given.quote, best.candidate.quote != '"' or '"' in sample.text),
            "escape": how(given.escape, best.candidate.escape is not None),
            "comment": how(given.comment, comment is not None),
            "skip_lines": how(given.skip_lines, bool(skip + title_lines)),
        },
    )


def _delimiter_hint(lines: Sequence[str], skip: int, given: DialectOptions) -> str | None:
    """Return the delimiter that the first line names, as `sep=;`, unless another one or another mark is given."""
    hint = _SEP.fullmatch(lines[skip]) if skip < len(lines) and given.delimiter is None else None
    return hint[1] if hint and hint[1] not in given.marks else None


def _bare_lines(lines: Sequence[str], skip: int, given: DialectOptions) -> int:
    """Return how many lines of nothing but delimiters come first, which spreadsheets leave above a header."""
    if given.skip_lines is not None or given.has_header is False:
        return 0
    return next((place for place, line in enumerate(lines[skip:]) if not _BARE.fullmatch(line)), 0)


def _best(sample: _Sample, delimiter: str | None) -> tuple[CandidateResult, NamedHeader | None, bool | None]:
    """Return the best result, the line that names columns, and whether there is a header (None: not decided yet)."""
    given, known = sample.given, sample.known
    marks: list[str | None] = [mark for mark in DELIMITERS if mark not in given.marks and mark in sample.text]
    delimiters = [delimiter] if delimiter else [None, *marks]
    named = find_named_header(sample.lines, delimiters, given, known) if known else None
    if named:
        results = sample.results(named.delimiters, header_line=named.line)
        best = _clear_best(results, delimiter is not None or named.fields == 1)
        if delimiter is None and named.fields > 1:
            _check_rows(best, sample, known)
        return best, named, given.has_header
    if known and given.has_header is not True:
        results = sample.results(delimiters)
        placed = best_by_place(results, known, sample.lines)
        if given.has_header is False or not has_header(_records(placed, sample), known, None):
            return placed, None, False
    return _best_by_form(sample, delimiter, marks), None, True if known else given.has_header


def _check_rows(best: CandidateResult, sample: _Sample, known: KnownColumns | None) -> None:
    """Check that the delimiter of the header parts the rows as well.

    Raises: AmbiguousDialect if another one, which the header has not, parts them better, by fields or by types.
    """
    header, below = best.rows[best.start], best.rows[best.start + 1 :]
    if not below or not known:
        return
    first, line = sample.lines[below[0].line], sample.lines[header.line]
    for mark in DELIMITERS[:4]:
        if mark not in first or mark in line or mark in sample.given.marks:
            continue
        candidate = replace(best.candidate, delimiter=mark)
        other = try_candidate(
            *(sample.lines[below[0].line :], sample.complete, candidate, sample.given.comment or None),
            footer=sample.given.footer,
        )
        rows, width = [row.fields for row in other.rows], len(header.fields)
        own = [row.fields for row in below]
        if sum([fields_of(row, width) == width for row in other.rows]) < MOST * len(rows):
            continue
        columns = known.of_header(header.fields)
        shares = [fitting_share(each, columns) for each in (own, rows)]
        misfits = None not in shares and (shares[0] or 0) < MOST <= (shares[1] or 0)
        if misfits or sum([fields_of(row, width) == width for row in below]) < POOR * len(below):
            raise AmbiguousDialect(
                "the header is parted by {of_header}, and the rows by {of_rows}: set options.delimiter",
                of_header=SPOKEN[str(best.candidate.delimiter)],
                of_rows=SPOKEN[mark],
                option="delimiter",
                choices=(best.candidate.delimiter, mark),
            )


def _records(result: CandidateResult, sample: _Sample) -> list[list[str]]:
    """Return the first rows of a file without a header, without those that are comments or nothing but delimiters."""
    rows = result.rows[:50]
    mark = sample.given.comment is None and find_comment(sample.lines, result, sample.text, headerless=True)
    marked = tuple(mark) if mark else ()
    return [row.fields for row in rows if any(row.fields) and not sample.lines[row.line].startswith(marked)]


def _best_by_form(sample: _Sample, delimiter: str | None, marks: Sequence[str | None]) -> CandidateResult:
    """Return the best result by its score; a header line without any mark is that of one column."""
    results = sample.results([delimiter] if delimiter else marks or [None], titles=True)
    best = _clear_best(results, delimiter is not None)
    if delimiter is None and best.score < POOR:
        header = next((line for line in sample.lines if line.strip("\r\n")), "")
        mark = max(DELIMITERS[:4], key=lambda mark: (header.count(mark), mark == ","))
        best = max((result for result in results if result.candidate.delimiter == mark), key=_score, default=best)
    if delimiter is None and best.rows and len(best.rows[best.start].fields) == 1:
        return max(sample.results([None]), key=_score)
    return best


def _with_default_delimiter(best: CandidateResult, sample: _Sample) -> CandidateResult:
    """Return the result with a comma as its delimiter if the file has one column and no comma: nothing would differ."""
    if best.candidate.delimiter is not None or not sample.complete or "," in sample.text or "," in sample.given.marks:
        return best
    return replace(best, candidate=replace(best.candidate, delimiter=","))


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


def _candidates(text: str, delimiter: str | None, given: DialectOptions) -> Iterator[Candidate]:
    """Yield the candidates that the text gives reason to try, the usual one first: it wins against an equal score."""
    has_backslash = "\\" in text and "\\" not in (given.quote, *(delimiter or ""), given.comment)
    for quote in possible_quotes(text, delimiter, given):
        escapes: list[str | None] = [None]
        if has_backslash and any("\\" + escaped in text for escaped in (delimiter, quote, "\\") if escaped):
            escapes = [None, "\\"]
        if given.escape is not None:
            escapes = ["\\" if given.escape == "\\" != quote else None]
        for escape in escapes:
            yield Candidate(delimiter, quote, escape)


def _clear_best(results: Sequence[CandidateResult], is_given: bool) -> CandidateResult:
    """Return the result with the best score.

    Raises: AmbiguousDialect if one with another delimiter is about as good.
    """
    best = max(results, key=_score)
    for other in results:
        delimiters = best.candidate.delimiter, other.candidate.delimiter
        if not is_given and other.score > FAIR and best.score - other.score < MARGIN and delimiters[0] != delimiters[1]:
            raise ambiguous_delimiter(best, other)
    return best


def _score(result: CandidateResult) -> float:
    return result.score
