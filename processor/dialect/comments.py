"""Find out whether lines that begin with `#` are comments."""

from collections.abc import Sequence

from processor.dialect.candidates import CandidateResult

MARK = "#"


def find_comment(lines: Sequence[str], result: CandidateResult, text: str, *, headerless: bool) -> str | None:
    """Return `#` if it is a comment mark, else None: then lines that begin with it are records.

    It is one if a line above the header begins with it, or if most of the lines below the header that begin with it
    have no delimiter at all. A header that begins with it itself is a header; with `headerless` there is none.
    """
    if not result.rows:
        return None
    header = result.rows[result.start].line
    if lines[header].startswith(MARK) and not headerless:
        return None
    if any(line.startswith(MARK) for line in lines[:header]):
        return MARK
    delimiter = result.candidate.delimiter
    if (
        delimiter is None
        or result.width < 2
        or (not text.startswith(MARK) and "\n" + MARK not in text.replace("\r", "\n"))
    ):
        return None
    below = result.rows[result.start + (not headerless) :]
    marked = [lines[row.line] for row in below if lines[row.line].startswith(MARK)]
    quote = result.candidate.quote
    if not marked and (quote is None or quote not in text):
        marked = [line for line in lines[header + 1 :] if line.startswith(MARK)]
    bare = sum(delimiter not in line for line in marked)
    return MARK if marked and 2 * bare > len(marked) else None
