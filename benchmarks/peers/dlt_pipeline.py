"""dlt: Arrow batches that pyarrow reads, appended to a table that dlt creates.

The default loader of dlt for Postgres runs INSERT statements; with the option `csv` it runs COPY.
"""

import os
import sys
import tempfile
from collections.abc import Iterator
from typing import Any

from benchmarks.peers.program import import_modules, run

BLOCK_BYTES = 16 << 20


def main() -> None:
    """Load the file with dlt."""
    os.environ["RUNTIME__DLTHUB_TELEMETRY"] = "false"
    os.environ["RUNTIME__LOG_LEVEL"] = "CRITICAL"
    dlt, arrow_csv, *_ = import_modules("dlt", "pyarrow.csv", "psycopg2")
    loader = {"loader_file_format": "csv"} if sys.argv[4:] == ["csv"] else {}

    def load(url: str, file: str, table: str) -> None:
        def batches() -> Iterator[Any]:
            options = arrow_csv.ReadOptions(block_size=BLOCK_BYTES)
            yield from arrow_csv.open_csv(file, read_options=options)

        with tempfile.TemporaryDirectory() as folder:
            destination = dlt.destinations.postgres(credentials=url)
            pipeline = dlt.pipeline("bench", folder, destination=destination, dataset_name="bench_dlt")
            resource = dlt.resource(batches, name=table.rpartition(".")[2], write_disposition="append")
            pipeline.run(resource, **loader).raise_on_failed_jobs()

    run(load)


if __name__ == "__main__":
    main()
