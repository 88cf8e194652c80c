"""Measure whole jobs, from insert to completion: without normalisers, and with a normaliser for each column.

`python -m benchmarks.micro.normalise [--rows 300000] [--runs 5]`. Both sides load the same file in turn into new tables
of texts. This is the hard case: most values are distinct, and each of them has to be rewritten.
"""

import argparse
import json
from pathlib import Path
from statistics import median

import numpy as np
import polars as pl

from benchmarks.measurement import JobRequest, alternate, check_row_count, run_job
from benchmarks.micro.check_digits import cnpjs, cpfs
from benchmarks.stack import BenchmarkStack, benchmark_stack
from benchmarks.uploads import uploaded

PLAIN, NORMALISED = "plain", "every normaliser"
TABLES = {PLAIN: "bench_plain", NORMALISED: "bench_normalised"}
NORMALISERS = {
    "name": "text",
    "email": "email",
    "phone": {"name": "phone", "region": "BR"},
    "cpf": "cpf",
    "cnpj": "cnpj",
    "site": {"name": "url", "scheme": "https"},
    "country": "country",
    "code": {"name": "regex", "pattern": "([A-Z]{2})-?([0-9]{4,10})", "replace": "$1$2"},
}
COUNTRIES = ("Brasil", "brazil", "BR", "Alemanha", "Deutschland", "US", "Estados Unidos", "Portugal", "França", "ARG")


def write_contacts(file: Path, rows: int) -> Path:
    """Write a file of contacts as a Brazilian spreadsheet would."""
    random = np.random.default_rng(1)

    def number(low: int, high: int) -> pl.Series:
        return pl.Series(random.integers(low, high, rows)).cast(pl.String)

    def one_of(*words: str) -> pl.Series:
        return pl.Series(np.array(words)[random.integers(0, len(words), rows)])

    person = number(0, 10**9)
    cpf = cpfs(random.integers(0, 10, (rows, 9)))
    cnpj = cnpjs(random.integers(0, 10, (rows, 12)))
    cellular = number(10**7, 10**8)
    frame = pl.DataFrame(
        {
            "name": one_of("Ana  ", "João ", "Luís ", "Maria ") + one_of("Silva ", "Souza ", "Conceição ") + person,
            "email": one_of("ana.", "Joao_", "maria+")
            + person
            + one_of("@Example.com", "@empresa.com.br", "@MAIL.org"),
            "phone": one_of("(11) 9", "(21) 9", "+55 31 9") + cellular.str.replace("^(.{4})", "$1-"),
            "cpf": cpf.str.replace("^(...)(...)(...)", "$1.$2.$3-"),
            "cnpj": cnpj.str.replace("^(..)(...)(...)(....)", "$1.$2.$3/$4-"),
            "site": one_of("https://www.Example.com/", "HTTP://empresa.com.br/?id=", "loja.com/") + person,
            "country": one_of(*COUNTRIES),
            "code": one_of("AB-", "CD", "XY-") + number(10**5, 10**9),
        }
    )
    frame.write_csv(file)
    return file


def prepare(bench: BenchmarkStack) -> None:
    """Create both tables and register them as targets."""
    columns = ", ".join(f"{name} text" for name in NORMALISERS)
    setup = [
        f"drop table if exists public.{table}; create table public.{table} ({columns}); "
        f"select importer.register_target('public.{table}');"
        for table in TABLES.values()
    ]
    bench.prepare("".join(setup))
    settings = {name: {"normalise": normaliser} for name, normaliser in NORMALISERS.items()}
    bench.sql(
        "update public.import_targets set columns = columns || %s::jsonb where name = %s",
        (json.dumps(settings), TABLES[NORMALISED]),
    )


def main() -> None:
    """Print the seconds of each run, the medians and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=300_000)
    parser.add_argument("--runs", type=int, default=5)
    arguments = parser.parse_args()
    with benchmark_stack() as bench, bench.scratch_folder() as folder:
        file = write_contacts(folder / "contacts.csv", arguments.rows)
        with uploaded(bench.env, [file], "service") as (path,):
            samples = alternate(
                {
                    side: lambda table=table: run_job(bench, JobRequest(path, table))["seconds"]
                    for side, table in TABLES.items()
                },
                arguments.runs,
                lambda: prepare(bench),
                lambda side: check_row_count(bench, f"public.{TABLES[side]}", arguments.rows),
            )
        size = file.stat().st_size
    print(f"{arguments.rows:,} rows, {size / 1e6:.0f} MB")
    for side, seconds in samples.items():
        print(f"  {side:<18}{median(seconds):6.2f} s  of  {', '.join(f'{run:.2f}' for run in seconds)}")
    ratio = median(samples[PLAIN]) / median(samples[NORMALISED])
    print(f"with every normaliser {ratio:.2f} times as fast as without")


if __name__ == "__main__":
    main()
