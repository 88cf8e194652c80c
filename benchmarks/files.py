"""Generated files, written block by block: people (7 columns), wide (200 columns), narrow (3 columns)."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

Lines = Callable[[np.random.Generator, np.ndarray[tuple[int], np.dtype[np.int64]], int], pl.Series]

FIRST = ("Ana", "Bruno", "Carla", "Diego", "Elisa", "Fabio", "Gabriela", "Heitor", "Irene", "Joana", "Katia", "Luiz")
LAST = ("Almeida", "Barros", "Cardoso", "Dias", "Esteves", "Freitas", "Gomes", "Hugo", "Lima", "Moraes", "Nunes")
CITIES = ("Lisboa", "Recife", "Porto Alegre", "Natal", "Santos", "Belo Horizonte", "Manaus", "Braga", "Campinas")
DAYS = pl.Series([f"20{y:02}-{m:02}-{d:02} " for y in range(15, 26) for m in range(1, 13) for d in range(1, 29)])
TIMES = pl.Series([f"{h:02}:{m:02}:{s:02}+00" for h in range(24) for m in range(60) for s in range(60)])
WIDE = 200


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of file: its columns in SQL, how its lines are made, and rows per block (a few megabytes).

    `lines(random, ids, bad_every)` makes one line per id; each `bad_every`th has a date that no calendar knows.
    """

    columns: str
    lines: Lines
    block: int

    @property
    def names(self) -> list[str]:
        """Return the columns' names."""
        return [part.split()[0] for part in self.columns.split(", ")]

    def write(self, path: Path, rows: int, *, bad_every: int = 0, first: int = 0) -> Path:
        """Write a file of so many rows with ids from `first` on, always the same ones."""
        with path.open("wb") as file:
            file.write(",".join(self.names).encode() + b"\n")
            for start in range(0, rows, self.block):
                ids = np.arange(start, min(start + self.block, rows), dtype=np.int64) + first
                lines = self.lines(np.random.default_rng([1, first + start]), ids, bad_every)
                lines.to_frame().write_csv(file, include_header=False, quote_style="never")
        return path


def drawn(random: np.random.Generator, values: pl.Series, count: int) -> pl.Series:
    """Return values drawn with replacement."""
    return values.gather(random.integers(0, len(values), count))


def digits(random: np.random.Generator, below: int, count: int) -> pl.Series:
    """Return random whole numbers as text."""
    return pl.Series(random.integers(0, below, count)).cast(pl.String)


def stacked(parts: dict[str, pl.Series | str]) -> pl.Series:
    """Join columns, and texts between them, into lines."""
    columns = {name: part for name, part in parts.items() if isinstance(part, pl.Series)}
    pieces = [pl.lit(part) if isinstance(part, str) else pl.col(name) for name, part in parts.items()]
    return pl.DataFrame(columns).select(line=pl.concat_str(pieces)).to_series()


def people_lines(
    random: np.random.Generator, ids: np.ndarray[tuple[int], np.dtype[np.int64]], bad_every: int
) -> pl.Series:
    """About 102 bytes a row."""
    count, number = len(ids), pl.Series(ids).cast(pl.String)
    first, last = drawn(random, pl.Series(FIRST), count), drawn(random, pl.Series(LAST), count)
    days = drawn(random, DAYS, count)
    if bad_every:
        bad = pl.Series(ids % bad_every == bad_every - 1)
        # The thirteenth month: the file stays as long as the clean one.
        days = pl.select(pl.when(bad).then(days.str.slice(0, 5) + "13" + days.str.slice(7)).otherwise(days)).to_series()
    cents = pl.Series(random.integers(0, 100, count)).cast(pl.String).str.zfill(2)
    parts: dict[str, pl.Series | str] = {
        "id": number, "a": ",", "first": first, "b": " ", "last": last, "c": ",",
        "d": "p", "number": number, "e": "@example.com,",
        "city": drawn(random, pl.Series(CITIES), count), "f": ",",
        "whole": digits(random, 90_000, count), "g": ".", "cents": cents, "h": ",",
        "day": days, "time": drawn(random, TIMES, count), "i": ',"door ',
        "door": digits(random, 900, count), "j": ", floor ", "floor": digits(random, 30, count), "k": '"',
    }  # fmt: skip
    return stacked(parts)


def wide_lines(
    random: np.random.Generator, ids: np.ndarray[tuple[int], np.dtype[np.int64]], bad_every: int
) -> pl.Series:
    """A key and 199 columns of four types in turn, about 1,500 bytes a row."""
    count = len(ids)
    parts: dict[str, pl.Series | str] = {"id": pl.Series(ids).cast(pl.String)}
    for at in range(1, WIDE):
        parts[f"comma{at}"] = ","
        if at % 4 == 3:
            parts[f"whole{at}"], parts[f"point{at}"] = digits(random, 9000, count), "."
        parts[f"value{at}"] = (
            digits(random, 10**6, count) if at % 4 == 0
            else drawn(random, pl.Series(CITIES), count) if at % 4 == 1
            else drawn(random, DAYS.str.strip_chars(), count) if at % 4 == 2
            else pl.Series(random.integers(10, 100, count)).cast(pl.String)
        )  # fmt: skip
    return stacked(parts)


def narrow_lines(
    random: np.random.Generator, ids: np.ndarray[tuple[int], np.dtype[np.int64]], bad_every: int
) -> pl.Series:
    """A key, a number and a word: about 20 bytes a row."""
    count = len(ids)
    word, number = drawn(random, pl.Series(LAST), count), digits(random, 10_000, count)
    return stacked({"id": pl.Series(ids).cast(pl.String), "a": ",", "number": number, "b": ",", "word": word})


PEOPLE = Kind(
    "id bigint primary key, name text not null, email text, city text, "
    "balance numeric(12,2), seen timestamptz, note text",
    people_lines,
    100_000,
)
WIDE_TYPES = ("integer", "text", "date", "numeric(10,2)")
WIDE_KIND = Kind(
    "id bigint primary key, " + ", ".join(f"c{at} {WIDE_TYPES[at % 4]}" for at in range(1, WIDE)), wide_lines, 5_000
)
NARROW = Kind("id bigint primary key, number integer, word text", narrow_lines, 500_000)
