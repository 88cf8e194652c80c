"""A simple reader of texts with `,` and `"`, by the rules of docs/reference/csv.md, to compare the kernel with."""

import re
from typing import NamedTuple

QUOTED = re.compile(r'"(?:[^"]|"")*+"')
PLAIN = re.compile(r"[^,\r\n]*")
LINE_END = re.compile(r"\r\n|\r|\n|\Z")


class Unclosed(Exception):
    """A quoted field goes on to the end of the text."""


class Record(NamedTuple):
    """A record's extent without its line end, the next record's start, its number of fields, and the field at fault."""

    start: int
    end: int
    next: int
    fields: int
    fault: int


class Field(NamedTuple):
    """A field: what is enclosed in quotes, and what follows."""

    quoted: str
    rest: str
    start: int


def read_text(text: str, width: int, care: int) -> list[Record]:
    """Return the records of a whole text; `width` is the number of fields of a row, or 0."""
    records, at = list[Record](), 0
    while at < len(text):
        records.append(read_record(text, at, width, care))
        at = records[-1].next
    return records


def read_record(text: str, start: int, width: int, care: int) -> Record:
    """Return the record at `start`. Raises: Unclosed."""
    fields, at, fault = list[Field](), start, 0
    while True:
        quoted = QUOTED.match(text, at)
        if quoted is None and text.startswith('"', at):
            raise Unclosed
        behind = quoted.end() if quoted else at
        rest = PLAIN.match(text, behind)[0]
        fields.append(Field(quoted[0] if quoted else "", rest, at))
        line_end = LINE_END.search(quoted[0]) if quoted else None
        if line_end and line_end[0] and rest.strip(" \t"):
            if width and is_unclosed(text, at + line_end.end(), behind - 1, width):
                first = first_stray(fields[:-1]) if care == 3 else 0
                end, following = at + line_end.start(), at + line_end.end()
                return Record(start, end, following, len(fields), first or fault or len(fields))
            fault = fault or len(fields)
        fault = fault or fault_of(fields, care)
        at = behind + len(rest)
        if not text.startswith(",", at):
            break
        at += 1
    count = 0 if at == start else len(fields)
    return Record(start, at, LINE_END.match(text, at).end(), count, first_stray(fields) if care == 3 else fault)


def fault_of(fields: list[Field], care: int) -> int:
    """Return the field that the last of these shows to be at fault, or 0."""
    *before, last = fields
    stray, number = last.rest.count('"'), len(fields)
    behind = [place for place, field in enumerate(before, 1) if field.quoted and field.rest.strip(" \t")]
    if last.quoted:
        if stray:
            return number
        is_doubled = last.quoted == '""' and last.rest.strip(" \t")
        return number if is_doubled and care >= 1 else 0
    if stray and behind:
        return behind[0]
    doubtful = [place for place, field in enumerate(before, 1) if is_doubtful(field)]
    if stray % 2 and last.rest.endswith('"') and doubtful and care >= 1:
        return doubtful[0]
    return number if stray % 2 and care >= 2 and not has_inches(last.rest) else 0


def is_doubtful(field: Field) -> bool:
    if field.quoted:
        return field.rest != "" and not field.rest.strip(" \t")
    return field.rest.count('"') % 2 == 1 and not field.rest.endswith('"')


def has_inches(text: str) -> bool:
    return bool(re.search(r'[0-9\x80-\U0010ffff] *"(?![0-9A-Za-z\x80-\U0010ffff])', text))


def first_stray(fields: list[Field]) -> int:
    odd = (number for number, field in enumerate(fields, 1) if (field.rest if field.quoted else '"' in field.rest))
    return next(odd, 0)


def is_unclosed(text: str, start: int, close: int, width: int) -> bool:
    """Return whether the lines from `start` to that of the quote at `close` are rows, read on their own."""
    lines = text[start : LINE_END.search(text, close).start()]
    rows = others = at = 0
    while start + at < start + len(lines):
        try:
            record = read_record(lines, at, 0, 0)
        except Unclosed:
            delimiters = delimiters_before_open(lines, at)
            return not others and 1 < width > delimiters and bool(delimiters or rows)
        has_width = record.fields == width or (
            record.fields > width and lines[: record.end].endswith("," * (record.fields - width))
        )
        if start + record.next > close:
            is_word = (text[close - 1].isalpha() and text[close - 1].isascii()) or text[close - 1] >= "\x80"
            is_even = lines[record.start : record.end].count('"') % 2 == 0
            paired = has_width and is_even and not is_word and (not others or width > 2)
            return paired or (not others and (width - 1) * rows >= 4)
        rows += has_width
        others += record.fields > 0 and not has_width
        at = record.next
    return False


def delimiters_before_open(text: str, start: int) -> int:
    """Return the number of fields before the one that is not closed."""
    at, count = start, 0
    while True:
        quoted = QUOTED.match(text, at)
        if quoted is None and text.startswith('"', at):
            return count
        at = PLAIN.match(text, quoted.end() if quoted else at).end() + 1
        count += 1
