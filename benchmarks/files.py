"""Generated CSV files, written block by block: people (7 columns), wide (200 columns), narrow (3 columns)."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

Ids = np.ndarray[tuple[int], np.dtype[np.int64]]
MakeLines = Callable[[np.random.Generator, Ids, int], pl.Series]

FIRST = ("Ana", "Bruno", "Carla", "Diego", "Elisa", "Fabio", "Gabriela", "Heitor", "Irene", "Joana", "Katia", "Luiz")
LAST = ("Almeida", "Barros", "Cardoso", "Dias", "Esteves", "Freitas", "Gomes", "Hugo", "Lima", "Moraes", "Nunes")
CITIES = ("Lisboa", "Recife", "Porto Alegre", "Natal", "Santos", "Belo Horizonte", "Manaus", "Braga", "Campinas")
DAYS = pl.Series([f"20{y:02}-{m:02}-{d:02} " for y in range(15, 26) for m in range(1, 13) for d in range(1, 29)])
TIMES = pl.Series([f"{h:02}:{m:02}:{s:02}+00" for h in range(24) for m in range(60) for s in range(60)])
WIDE_COLUMNS = 200
WIDE_TYPES = ("integer", "text", "date", "numeric(10,2)")


@dataclass(frozen=True, slots=True)
class FileKind:
    """A kind of file: its columns in SQL, the function that makes its lines, and the rows of a block of some MB.

    `make_lines(random, ids, bad_every)` returns one line per id. Every `bad_every`th line of people has a date that
    does not exist.
    """

    columns: str
    make_lines: MakeLines
    block_rows: int

    @property
    def names(self) -> list[str]:
        """The names of the columns."""
        return [part.split()[0] for part in self.columns.split(", ")]

    def write(self, path: Path, rows: int, *, bad_every: int = 0, first: int = 0) -> Path:
        """Write a file of `rows` rows with ids from `first` on; the same arguments give the same bytes."""
        with path.open("wb") as file:
            file.write(",".join(self.names).encode() + b"\n")
            for start in range(0, rows, self.block_rows):
                ids = np.arange(start, min(start + self.block_rows, rows), dtype=np.int64) + first
                lines = self.make_lines(np.random.default_rng([1, first + start]), ids, bad_every)
                lines.to_frame().write_csv(file, include_header=False, quote_style="never")
        return path


def choose(random: np.random.Generator, values: pl.Series, count: int) -> pl.Series:
    """Return `count` of the values, chosen at random with repetition."""
    return values.gather(random.integers(0, len(values), count))


def random_integers(random: np.random.Generator, below: int, count: int) -> pl.Series:
    """Return random whole numbers below a bound as text."""
    return pl.Series(random.integers(0, below, count)).cast(pl.String)


def concatenate(parts: dict[str, pl.Series | str]) -> pl.Series:
    """Concatenate columns, and constant texts between them, into lines."""
    columns = {name: part for name, part in parts.items() if isinstance(part, pl.Series)}
    pieces = [pl.lit(part) if isinstance(part, str) else pl.col(name) for name, part in parts.items()]
    return pl.DataFrame(columns).select(line=pl.concat_str(pieces)).to_series()


def people_lines(random: np.random.Generator, ids: Ids, bad_every: int) -> pl.Series:
    """Return lines of people, about 102 bytes each."""
    count, number = len(ids), pl.Series(ids).cast(pl.String)
    first, last = choose(random, pl.Series(FIRST), count), choose(random, pl.Series(LAST), count)
    days = choose(random, DAYS, count)
    if bad_every:
        bad = pl.Series(ids % bad_every == bad_every - 1)
        # Month 13 keeps the length of the clean file.
        days = pl.select(pl.when(bad).then(days.str.slice(0, 5) + "13" + days.str.slice(7)).otherwise(days)).to_series()
    cents = pl.Series(random.integers(0, 100, count)).cast(pl.String).str.zfill(2)
    parts: dict[str, pl.Series | str] = {
        "id": number, "a": ",", "first": first, "b": " ", "last": last, "c": ",",
        "d": "p", "number": number, "e": "@example.com,",
        "city": choose(random, pl.Series(CITIES), count), "f": ",",
        "whole": random_integers(random, 90_000, count), "g": ".", "cents": cents, "h": ",",
        "day": days, "time": choose(random, TIMES, count), "i": ',"door ',
        "door": random_integers(random, 900, count), "j": ", floor ",
        "floor": random_integers(random, 30, count), "k": '"',
    }  # fmt: skip
    return concatenate(parts)


def wide_lines(random: np.random.Generator, ids: Ids, bad_every: int) -> pl.Series:
    """Return lines of a key and 199 columns of WIDE_TYPES in turn, about 1,500 bytes each."""
    count = len(ids)
    parts: dict[str, pl.Series | str] = {"id": pl.Series(ids).cast(pl.String)}
    for number in range(1, WIDE_COLUMNS):
        kind = WIDE_TYPES[number % 4]
        parts[f"comma{number}"] = ","
        if kind == "numeric(10,2)":
            parts[f"whole{number}"], parts[f"point{number}"] = random_integers(random, 9000, count), "."
        parts[f"value{number}"] = (
            random_integers(random, 10**6, count) if kind == "integer"
            else choose(random, pl.Series(CITIES), count) if kind == "text"
            else choose(random, DAYS.str.strip_chars(), count) if kind == "date"
            else pl.Series(random.integers(10, 100, count)).cast(pl.String)
        )  # fmt: skip
    return concatenate(parts)


def narrow_lines(random: np.random.Generator, ids: Ids, bad_every: int) -> pl.Series:
    """Return lines of a key, a number and a word, about 20 bytes each."""
    count = len(ids)
    word, number = choose(random, pl.Series(LAST), count), random_integers(random, 10_000, count)
    return concatenate({"id": pl.Series(ids).cast(pl.String), "a": ",", "number": number, "b": ",", "word": word})


PEOPLE = FileKind(
    "id bigint primary key, name text not null, email text, city text, "
    "balance numeric(12,2), seen timestamptz, note text",
    people_lines,
    100_000,
)
WIDE = FileKind(
    "id bigint primary key, " + ", ".join(f"c{number} {WIDE_TYPES[number % 4]}" for number in range(1, WIDE_COLUMNS)),
    wide_lines,
    5_000,
)
NARROW = FileKind("id bigint primary key, number integer, word text", narrow_lines, 500_000)
