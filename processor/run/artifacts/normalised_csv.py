"""The normalised CSV of options.output: the rows as they were loaded, in UTF-8."""

from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl

from processor.model import Job
from processor.run.artifacts.paths import artifact_path
from processor.storage import Artifacts


class NormalisedCsv:
    """Rows are collected in a file on disk, which is uploaded at the end."""

    def __init__(self) -> None:
        self._folder = TemporaryDirectory()
        self._path = Path(self._folder.name) / "output.csv"
        self._file = self._path.open("wb")
        self._has_header = False

    def add(self, rows: pl.DataFrame) -> None:
        """Append rows."""
        rows.write_csv(self._file, include_header=not self._has_header)
        self._has_header = True

    def upload(self, job: Job, storage: Artifacts) -> str:
        """Upload the file; return its path.

        Raises: SourceUnavailable, SourceRefused.
        """
        path = artifact_path(job, "output")
        self._file.flush()
        storage.put(job.bucket_id, path, self._path)
        return path

    def close(self) -> None:
        """Remove the file from disk."""
        self._file.close()
        self._folder.cleanup()
