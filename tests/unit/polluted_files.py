"""Regular files of many forms, each with one quote or delimiter too many or too few, and what is loaded of them."""

import csv
import io
import random
from dataclasses import dataclass
from typing import NamedTuple

from processor import dialect as dialects
from processor import records
from processor.model import Column, FileLimits, KnownColumns
from processor.native import split_records
from processor.validate import Matcher, check_shape

WORDS = ("Table", "Round", "Throw", "Men's", "Boots", "cm", "48", "Kids'", "10", "tea", "soft,", "warm;", "sun-hat")
STYLES = (csv.QUOTE_ALL, csv.QUOTE_MINIMAL, csv.QUOTE_MINIMAL, csv.QUOTE_NONNUMERIC)


@dataclass(frozen=True, slots=True, kw_only=True)
class CleanFile:
    """A file, its rows without the header, and its marks; `body` is where the first row begins."""

    text: str
    body: int
    names: list[str]
    rows: list[list[str]]
    delimiter: str
    quote: str


class Loaded(NamedTuple):
    """The rows that a file gives, and the codes and texts of those that are rejected."""

    rows: list[list[str]]
    rejected: list[tuple[str, str]]


def clean_file(rng: random.Random, *, line_ends: bool = False) -> CleanFile:
    """Return a file of two to eight text columns, the first of which is a number; with line ends in some texts."""
    delimiter, quote = rng.choice(",,,,;\t"), rng.choice('"""\'')
    kinds = [rng.choice(("number", "price", "text", "text", "text")) for _ in range(rng.randint(1, 7))]
    names = [f"col_{number}" for number in range(len(kinds) + 1)]
    count = rng.choice((5, 20, 80))
    rows = [[str(100 + row), *(_value(rng, kind, line_ends) for kind in kinds)] for row in range(count)]
    text = io.StringIO(newline="")
    writer = csv.writer(
        text,
        delimiter=delimiter,
        quotechar=quote,
        quoting=rng.choice(STYLES),
        lineterminator=rng.choice(("\n", "\r\n")),
    )
    writer.writerow(names)
    body = text.tell()
    writer.writerows(rows)
    return CleanFile(text=text.getvalue(), body=body, names=names, rows=rows, delimiter=delimiter, quote=quote)


def _value(rng: random.Random, kind: str, line_ends: bool) -> str:
    if kind != "text":
        return rng.choice(("74.69", "2", "0")) if kind == "number" else rng.choice(("$7", "$12.50"))
    text = " ".join(rng.choice(WORDS) for _ in range(rng.randint(1, 6)))
    if rng.random() < 0.5:
        text = text.replace(" ", ", ", 1)
    if rng.random() < 0.15:
        text = rng.choice((f'{text} 48"', f'the "big" {text}'))
    return text.replace(" ", "\n", 1) if line_ends and rng.random() < 0.15 else text


def polluted(file: CleanFile, rng: random.Random) -> str:
    """Return the file with a quote or a delimiter inserted or removed below the header."""
    mark, text = rng.choice((file.delimiter, file.quote)), file.text
    places = [place for place in range(file.body, len(text)) if text[place] == mark]
    if places and rng.random() < 0.5:
        place = rng.choice(places)
        return text[:place] + text[place + 1 :]
    place = rng.randint(file.body, len(text) - 1)
    return text[:place] + mark + text[place:]


def load(text: str, names: list[str]) -> Loaded:
    """Read a text as a job does whose target has these columns, all of type text. Raises: JobError."""
    matcher = Matcher(names, {})

    def name_of(header: str, closely: bool) -> str | None:
        match = matcher.match(header, closely=closely)
        return min(match.columns) if match else None

    columns = tuple(
        Column(name=name, type="text", base="text", kind="b", not_null=False, required=False) for name in names
    )
    data = text.encode()
    dialect = dialects.detect(data, True, {}, KnownColumns(name_of=name_of, by_place=columns))
    header, first = dialects.read_header(data, dialect)
    width, loaded = len(header), Loaded([], [])
    for whole in records.cut([data[first.offset :]], dialect, first, FileLimits(), lambda _: 2000, width=width):
        chunk = records.without_surplus(records.without_no_rows(whole, dialect)[0], width, dialect)
        shape = check_shape(chunk, width, dialect)
        body = records.canonical_csv(chunk, shape.keep, dialect)
        frame = split_records(body, dialect.canonical_delimiter[0], width, range(width), int(shape.keep.sum()), [])
        assert frame is not None
        loaded.rows.extend([cell or "" for cell in row] for row in frame.rows())
        for record, reason in shape.rejections.cells():
            loaded.rejected.append((reason.code, records.record_texts(chunk, [record])[0]))
    return loaded


def moved_rows(file: CleanFile, loaded: Loaded) -> list[list[str]]:
    """Return the rows that are not in the clean file, and differ from its rows in more than a mark of one value."""
    clean = {tuple(row) for row in file.rows}
    wanted = {_bare(row[0], file): row for row in file.rows}
    return [
        row
        for row in loaded.rows
        if tuple(row) not in clean and not _is_same(row, wanted.get(_bare(row[0], file), []), file)
    ]


def _is_same(row: list[str], wanted: list[str], file: CleanFile) -> bool:
    pairs = list(zip(row, wanted, strict=False))
    others = [pair for pair in pairs if pair[0] != pair[1]]
    return len(wanted) == len(row) and len(others) == 1 and _bare(others[0][0], file) == _bare(others[0][1], file)


def _bare(value: str, file: CleanFile) -> str:
    return value.replace(file.delimiter, "").replace(file.quote, "")
