"""Polars and ADBC: read_csv with the table's types, the whole file in memory, then write_database: one binary COPY."""

from benchmarks.peers.program import import_modules, run


def main() -> None:
    """Load the file with Polars and ADBC."""
    polars, *_ = import_modules("polars", "pyarrow", "adbc_driver_postgresql.dbapi")

    def load(url: str, file: str, table: str) -> None:
        text, types = polars.String, {"balance": polars.Decimal(12, 2), "id": polars.Int64}
        frame = polars.read_csv(file, schema_overrides={"email": text, "note": text, "seen": text, **types})
        seen = polars.col("seen").str.to_datetime("%Y-%m-%d %H:%M:%S%#z", time_unit="us", time_zone="UTC")
        frame.with_columns(seen).write_database(table, url, engine="adbc", if_table_exists="append")

    run(load)


if __name__ == "__main__":
    main()
