"""Choose how a file without a header is read: by the number and the types of the target's columns."""

from collections import Counter
from collections.abc import Sequence

from processor.dialect.candidates import CandidateResult, ambiguous_delimiter, fields_of
from processor.dialect.header_detection import MOST, fitting_share
from processor.dialect.value_kinds import KINDS
from processor.model import KnownColumns

#: Of two results that fit the columns, the one with the better score is taken if the scores differ by so much.
MARGIN = 0.1


def best_by_place(results: Sequence[CandidateResult], known: KnownColumns, lines: Sequence[str]) -> CandidateResult:
    """Return the result whose rows fit the columns best; one of them may read the file as one column.

    Raises: AmbiguousDialect if two of them fit about as well.
    """
    fitting = [result for result in results if _fits(result, known, lines)]
    whole = [result for result in fitting if _field_count(result, known) == len(known.by_place)]
    parted = [result for result in whole or fitting if _field_count(result, known) > 1]
    if parted:
        best = max(parted, key=lambda result: result.score * _regular_share(result, known))
        _check_clear(best, parted, MARGIN)
        _check_clear(best, fitting, -MARGIN)
        others = [result for result in results if result.candidate.delimiter != best.candidate.delimiter]
        too_wide = [result for result in others if _field_count(result, known) > len(known.by_place)]
        wider = max(too_wide, key=_score, default=best)  # which is refused, where fewer fields would hide some
        return wider if not known.any_width and wider.score > best.score - MARGIN else best
    one_column = next((result for result in results if result.candidate.delimiter is None), None)
    tables = [result for result in results if result.width > 1 and result.candidate.delimiter != ":"]
    unclosed = [result for result in results if not result.rows]
    if one_column and (one_column in whole or not (tables or unclosed)):
        return one_column
    regular = [result for result in tables if _is_table(result, lines)]
    if one_column and len(known.by_place) == 1 and not regular:
        return one_column
    return max(regular or tables or unclosed or results, key=_score)


def width_of(rows: Sequence[Sequence[str]]) -> int:
    """Return the most frequent number of fields; of two, the larger one."""
    counts = Counter(map(len, rows))
    return max(counts, key=lambda width: (counts[width], width), default=0)


def _score(result: CandidateResult) -> float:
    return result.score


def _field_count(result: CandidateResult, known: KnownColumns) -> int:
    """Return the most frequent number of fields, without empty ones beyond the columns; of two, that of the columns."""
    columns = len(known.by_place)
    counts = Counter(fields_of(row, columns) for row in result.rows)
    return max(counts, key=lambda width: (counts[width], width == columns, width), default=0)


def _regular_share(result: CandidateResult, known: KnownColumns) -> float:
    """Return the share of rows that have the most frequent number of fields."""
    width, most = _field_count(result, known), len(known.by_place)
    return sum([fields_of(row, most) == width for row in result.rows]) / len(result.rows)


def _fits(result: CandidateResult, known: KnownColumns, lines: Sequence[str]) -> bool:
    """Return whether the rows have a column for each field, and whose type may accept it."""
    width, columns = _field_count(result, known), len(known.by_place)
    if not result.rows or (width > columns and not known.any_width):
        return False
    mark = result.candidate.delimiter
    if mark == ":" and (columns == 1 or width != columns or not _is_table(result, lines)):
        return False
    rows = [row.fields for row in result.rows]
    share = fitting_share(rows, known.by_place)
    if width < 2:  # a line is the value of a typed column, or it has nothing that may part it
        return columns == 1 and share is not None and share >= MOST
    return share is None or share >= MOST


def _is_table(result: CandidateResult, lines: Sequence[str]) -> bool:
    """Return whether all rows have the same width, and the delimiter is not part of prose, a time or an address."""
    mark = result.candidate.delimiter or ""
    if len({len(row.fields) for row in result.rows}) > 1:
        return False
    texts = [lines[row.line].strip() for row in result.rows]
    if mark == ":":
        return not any("://" in text or any(kind.fullmatch(text) for kind in KINDS) for text in texts)
    return sum(mark + " " in text for text in texts) <= len(texts) / 2


def _check_clear(best: CandidateResult, others: Sequence[CandidateResult], margin: float) -> None:
    """Raise AmbiguousDialect if one of the others has another delimiter, and its score comes within the margin."""
    for other in others:
        same = best.candidate.delimiter == other.candidate.delimiter
        if not same and best.score - other.score < margin and other.candidate.delimiter != ":":
            raise ambiguous_delimiter(best, other)
