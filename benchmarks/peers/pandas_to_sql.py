"""pandas: read_csv in chunks of 100,000 rows, to_sql through SQLAlchemy and psycopg, appended."""

from typing import Any

from benchmarks.peers.program import needed, run

CHUNK = 100_000


def main() -> None:
    """Load with what is installed."""
    pandas, sqlalchemy, _ = needed("pandas", "sqlalchemy", "psycopg")

    def load(url: str, file: str, table: str) -> None:
        engine: Any = sqlalchemy.create_engine(url.replace("postgresql://", "postgresql+psycopg://", 1))
        schema, _, name = table.rpartition(".")
        with engine.begin() as conn:
            for frame in pandas.read_csv(file, parse_dates=["seen"], chunksize=CHUNK):
                frame.to_sql(name, conn, schema=schema, if_exists="append", index=False)

    run(load)


if __name__ == "__main__":
    main()
