"""The files of a run: rows with quotes, line feeds and nulls, and bad rows of every kind at known records."""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from tests.chaos.spec import Spec

COLUMNS = ("source", "n", "name", "amount", "born", "active", "label", "note", "code", "country")
N, NAME, AMOUNT, BORN, ACTIVE, LABEL, CODE, COUNTRY = (
    COLUMNS.index(name) for name in ("n", "name", "amount", "born", "active", "label", "code", "country")
)
NAMES = (
    "Ana",
    "João da Silva",
    'Zé "Pipo" Souza',
    "Souza, Maria",
    "linha um{end}linha dois",
    "Ünïcødé ☃",
    "{mark}",
    "",
)
NOTES = ("", "", "ok", "a, b; c", '""', "{mark}, kept")
COUNTRIES = ("BR", "PT", "AO")
FIRST_DAY = date(1950, 1, 1)
DAYS = [(FIRST_DAY + timedelta(days=day)).isoformat() for day in range(20_000)]
# A NUL near the beginning makes a file look binary; 2.5 MB are more than the sample that is looked at (up to 1 MB).
NUL_FROM = 2_500_000

Row = list[str]


def put(place: int, value: str) -> Callable[[Row, str], Row]:
    """Return what replaces a field; `{mark}` stands for the run's mark."""

    def spoil(row: Row, mark: str) -> Row:
        return [*row[:place], value.replace("{mark}", mark), *row[place + 1 :]]

    return spoil


# Code of the rejection and how a row gets it: found by the processor itself …
OWN: tuple[tuple[str, Callable[[Row, str], Row]], ...] = (
    ("IJ401", lambda row, _: row[:-1]),
    ("IJ402", lambda row, mark: [*row, mark]),
    ("IJ403", put(N, "{mark}")),
    ("IJ403", put(BORN, "{mark}")),
    ("IJ403", put(ACTIVE, "perhaps {mark}")),
    ("IJ404", put(LABEL, "")),
    ("IJ405", put(N, "9" * 30)),
    ("IJ406", put(LABEL, "{mark} and more than it takes")),
)
# … and by the table alone.
TABLES: tuple[tuple[str, Callable[[Row, str], Row]], ...] = (
    ("IJ410", put(CODE, "taken")),
    ("IJ411", put(COUNTRY, "XX")),
    ("IJ412", put(AMOUNT, "-1.00")),
    ("IJ414", put(NAME, "refuse me")),
)
NUL = ("IJ407", put(NAME, "a\0b"))


@dataclass(frozen=True, slots=True)
class Made:
    """A file, and the code of every record that must be rejected; counted from 1 below the header, blank lines too."""

    data: bytes
    codes: dict[int, str]


def make(spec: Spec, mark: str) -> Made:
    """Make the file of a job; the same bytes at every call."""
    draw = random.Random(spec.seed)  # noqa: S311 - reproducible on purpose
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator=spec.line_end)
    writer.writerow(COLUMNS)
    codes: dict[int, str] = {}
    record = 0
    for n in range(1, spec.rows + 1):
        record += 1
        if draw.random() < 0.001:
            out.write(spec.line_end)
            record += 1
        row = good(spec, n, draw.getrandbits(48), mark)
        # The first row is good: a file of bad rows alone ends in another way.
        if n > 1 and draw.random() < spec.bad:
            code, spoil = draw.choice(kinds(spec, out.tell()))
            codes[record] = code
            row = spoil(row, mark)
        writer.writerow(row)
    return Made(out.getvalue().encode(), codes)


def kinds(spec: Spec, offset: int) -> tuple[tuple[str, Callable[[Row, str], Row]], ...]:
    """Return the ways in which a row of this job can be bad at this place of the file."""
    own = (*OWN, NUL) if offset > NUL_FROM else OWN
    return (*own, *TABLES) if spec.table == "keyed" else own


def good(spec: Spec, n: int, bits: int, mark: str) -> Row:
    """Return a row that every check takes; one draw of 48 bits decides it, since a draw each took most of the time."""
    name = NAMES[bits % len(NAMES)].replace("{end}", spec.line_end).replace("{mark}", mark)
    bits //= 8
    note = NOTES[bits % len(NOTES)].replace("{mark}", mark)
    bits //= 8
    cents = bits % 1_000_000
    bits //= 8
    return [
        str(spec.source),
        str(n),
        name,
        f"{cents // 100}.{cents % 100:02d}",
        DAYS[bits % len(DAYS)],
        "true" if bits % 2 else "false",
        f"label {bits % 97}",
        note,
        f"{spec.source}-{n}",
        COUNTRIES[bits % 3],
    ]
