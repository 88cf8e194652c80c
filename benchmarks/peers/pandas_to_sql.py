"""pandas: read_csv in chunks of 100,000 rows, then to_sql through SQLAlchemy and psycopg."""

from typing import Any

from benchmarks.peers.program import import_modules, run

CHUNK_ROWS = 100_000


def main() -> None:
    """Load the file with pandas."""
    pandas, sqlalchemy, _ = import_modules("pandas", "sqlalchemy", "psycopg")

    def load(url: str, file: str, table: str) -> None:
        engine: Any = sqlalchemy.create_engine(url.replace("postgresql://", "postgresql+psycopg://", 1))
        schema, _, name = table.rpartition(".")
        with engine.begin() as conn:
            for frame in pandas.read_csv(file, parse_dates=["seen"], chunksize=CHUNK_ROWS):
                frame.to_sql(name, conn, schema=schema, if_exists="append", index=False)

    run(load)


if __name__ == "__main__":
    main()
