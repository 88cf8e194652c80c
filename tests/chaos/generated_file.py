"""The files of a run: rows with quotes, line feeds and nulls, and bad rows of every kind at known records."""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from tests.chaos.job_spec import JobSpec

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
# A NUL near the beginning makes a file look binary. The sample for the detection ends far before this byte.
NUL_FROM = 2_500_000

Row = list[str]
MakeBad = Callable[[Row, str], Row]


@dataclass(frozen=True, slots=True)
class Defect:
    """A way in which a row can be bad: the code of its rejection, and the function that makes a row bad."""

    code: str
    make_bad: MakeBad


def replace_field(index: int, value: str) -> MakeBad:
    """Return a function that replaces a field; `{mark}` stands for the mark of the run."""

    def make_bad(row: Row, mark: str) -> Row:
        return [*row[:index], value.replace("{mark}", mark), *row[index + 1 :]]

    return make_bad


PROCESSOR_DEFECTS = (
    Defect("IJ401", lambda row, _: row[:-1]),
    Defect("IJ402", lambda row, mark: [*row, mark]),
    Defect("IJ403", replace_field(N, "{mark}")),
    Defect("IJ403", replace_field(BORN, "{mark}")),
    Defect("IJ403", replace_field(ACTIVE, "perhaps {mark}")),
    Defect("IJ404", replace_field(LABEL, "")),
    Defect("IJ405", replace_field(N, "9" * 30)),
    Defect("IJ406", replace_field(LABEL, "{mark} and more than it takes")),
)
# Only the constraints and the trigger of the table find these.
TABLE_DEFECTS = (
    Defect("IJ410", replace_field(CODE, "taken")),
    Defect("IJ411", replace_field(COUNTRY, "XX")),
    Defect("IJ412", replace_field(AMOUNT, "-1.00")),
    Defect("IJ414", replace_field(NAME, "reject me")),
)
NUL_DEFECT = Defect("IJ407", replace_field(NAME, "a\0b"))


@dataclass(frozen=True, slots=True)
class GeneratedFile:
    """A file, and the code of every record that must be rejected.

    Records are counted from 1 below the header; blank lines count.
    """

    data: bytes
    codes: dict[int, str]


def generate(spec: JobSpec, mark: str) -> GeneratedFile:
    """Generate the file of a job; the same arguments give the same bytes."""
    rng = random.Random(spec.seed)  # noqa: S311 - reproducible on purpose
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator=spec.line_end)
    writer.writerow(COLUMNS)
    codes: dict[int, str] = {}
    record = 0
    for n in range(1, spec.rows + 1):
        record += 1
        if rng.random() < 0.001:
            out.write(spec.line_end)
            record += 1
        row = valid_row(spec, n, rng.getrandbits(48), mark)
        # The first row is always valid: a job whose rows are all rejected fails.
        if n > 1 and rng.random() < spec.bad_share:
            defect = rng.choice(possible_defects(spec, out.tell()))
            codes[record] = defect.code
            row = defect.make_bad(row, mark)
        writer.writerow(row)
    return GeneratedFile(out.getvalue().encode(), codes)


def possible_defects(spec: JobSpec, offset: int) -> tuple[Defect, ...]:
    """Return the defects that a row of a job can have at an offset of the file."""
    defects = (*PROCESSOR_DEFECTS, NUL_DEFECT) if offset > NUL_FROM else PROCESSOR_DEFECTS
    return (*defects, *TABLE_DEFECTS) if spec.table == "keyed" else defects


def valid_row(spec: JobSpec, n: int, bits: int, mark: str) -> Row:
    """Return a row that passes every check, chosen by 48 random bits.

    One random number for each field would take most of the time of the generation.
    """
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
