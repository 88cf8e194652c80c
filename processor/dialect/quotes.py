"""Find out which character quotes, and how far a sample's quotes are in order."""

import re
from collections.abc import Sequence

from processor.dialect.candidates import DELIMITERS, Candidate, CandidateResult, quoted_fields, stray_quotes
from processor.dialect.options import DialectOptions

#: So many fields in apostrophes are quoting and no accident.
FEW = 2
#: With so many for each apostrophe that is out of order, this one is an accident.
MANY = 3


def possible_quotes(text: str, delimiter: str | None, given: DialectOptions) -> list[str | None]:
    """Return the quotes that the text gives reason to try, the usual one first; None stands for no quotes."""
    if given.quote is not None:
        return [given.quote or None]
    quotes: list[str | None] = ['"']
    if "'" in (*(delimiter or ""), given.comment):
        return quotes
    edges = (*([delimiter] if delimiter else []), "\r", "\n")
    double, single = (opens_field(text, edges, mark) for mark in ('"', "'"))
    if single and _opened(text, edges, "'") > 1 and (not double or _is_apostrophe_usual(text, delimiter)):
        quotes = _with_apostrophe(text, delimiter)
    may_be_text = double and delimiter in ("\t", "|") and not given.strict_quotes
    if may_be_text and 2 * len(quoted_fields(text, Candidate(delimiter, '"', None))) < _opened(text, edges, '"'):
        quotes.append(None)  # database dumps do not quote, and write a quote as it is
    return quotes


def _with_apostrophe(text: str, delimiter: str | None) -> list[str | None]:
    """Return `'` alone if nearly all that open or end a field are in order, and last if at least half of them are.

    Half are enough where a field has what must be quoted: a delimiter, a line end or a doubled quote.
    """
    candidates = [Candidate(delimiter, "'", escape) for escape in (None, "\\")]
    stray = min(len(stray_quotes(text, candidate)) for candidate in candidates)
    fields = max((quoted_fields(text, candidate) for candidate in candidates), key=len)
    if len(fields) < FEW:
        return ['"'] if stray else ["'", '"']
    needed = (*([delimiter] if delimiter else []), "\r", "\n", "''")
    is_needed = any(mark in field[1:-1] for field in fields for mark in needed)
    if len(fields) >= (1 if is_needed else MANY) * stray:
        return ["'"]
    return ['"', "'"] if len(fields) >= stray else ['"']


def _is_apostrophe_usual(text: str, delimiter: str | None) -> bool:
    """Return whether more fields are enclosed in `'` than in `"`."""
    single, double = (len(quoted_fields(text, Candidate(delimiter, quote, None))) for quote in ("'", '"'))
    return single > double


def _opened(text: str, edges: Sequence[str], quote: str) -> int:
    """Return the number of fields that begin with a quote."""
    return text.startswith(quote) + sum([text.count(edge + quote) for edge in edges])


def opens_field(text: str, edges: Sequence[str], quote: str) -> bool:
    """Return whether a quote opens a field.

    Fixed strings are searched for, because a pattern took 27 % of a small job's time.
    """
    return text.startswith(quote) or (quote in text and any(edge + quote in text for edge in edges))


def quote_order(result: CandidateResult, lines: Sequence[str], text: str) -> float:
    """Return the share of the quotes that open and close a field, of those in the rows of a result, or else in `text`.

    It is 0 where no field is quoted.
    """
    quote = result.candidate.quote
    if not quote or quote not in text:
        return 0.0
    rows = "".join(lines[result.rows[0].line : result.rows[-1].next_line]) if result.rows else ""
    examined = rows if quote in rows else text
    ordered = 2 * len(quoted_fields(examined, result.candidate))
    return round(ordered / (ordered + len(stray_quotes(examined, result.candidate))), 3) if ordered else 0.0


def without_space_before_quotes(lines: Sequence[str], delimiter: str | None, quote: str | None) -> list[str]:
    """Return lines without the white space between a delimiter (None: any usual one) and a quote (None: any).

    The lines keep their number, and the fields theirs, since such space parts nothing.
    """
    last = re.escape(delimiter[-1] if delimiter else DELIMITERS)
    white = " " if delimiter in (None, "\t") else r" \t"
    pattern = re.compile(f"(?:^|(?<=[{last}]))[{white}]+(?=[{re.escape(quote or chr(34) + chr(39))}])")
    return [pattern.sub("", line) for line in lines]
