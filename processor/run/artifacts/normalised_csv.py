"""The normalised CSV of options.output: the rows as they were loaded, in UTF-8."""

from collections.abc import Collection, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import polars as pl

from processor import records
from processor.model import Dialect, FileLimits, Job, Offsets, Position
from processor.run.artifacts.paths import artifact_path
from processor.storage import Artifacts

# The file is read again in pieces of this size where rows have to be taken out of it.
PIECE_BYTES = 1 << 20
# The file's rows are those of valid records, so that none is over a limit here.
NO_LIMITS = FileLimits(record_bytes=1 << 40, field_bytes=1 << 40)


class NormalisedCsv:
    """Rows are collected in a file on disk, which is uploaded at the end.

    A second file has the number of each row's record, in 8 bytes each, because the rows that the target rejects when
    the staged rows are moved into it are taken out again.
    """

    def __init__(self) -> None:
        self._folder = TemporaryDirectory()
        self._path = Path(self._folder.name) / "output.csv"
        self._numbers_path = Path(self._folder.name) / "numbers"
        self._file = self._path.open("wb")
        self._numbers = self._numbers_path.open("wb")
        self._header = b""

    def add(self, rows: pl.DataFrame, numbers: Offsets) -> None:
        """Append rows, which are the records with these numbers."""
        if not self._header:
            self._header = rows.clear().write_csv().encode()
            self._file.write(self._header)
        rows.write_csv(self._file, include_header=False)
        self._numbers.write(numbers.astype(np.int64).tobytes())

    def remove(self, rejected: Collection[int]) -> None:
        """Take out the rows that are the records with these numbers."""
        if not rejected or not self._header:
            return
        self._file.close()
        self._numbers.close()
        former = self._path.rename(self._path.with_suffix(".former"))
        numbers = np.fromfile(self._numbers_path, np.int64)
        keep = ~np.isin(numbers, list(rejected))
        self._file, self._numbers = self._path.open("wb"), self._numbers_path.open("wb")
        self._file.write(self._header)
        for chunk in records.cut(
            _pieces(former, len(self._header)), Dialect(), Position(), NO_LIMITS, lambda _: PIECE_BYTES
        ):
            first = chunk.position.record - 1
            kept = np.repeat(
                keep[first : first + chunk.records], np.append(chunk.starts[1:], len(chunk.data)) - chunk.starts
            )
            self._file.write(np.frombuffer(chunk.data, np.uint8)[kept].tobytes())
        self._numbers.write(numbers[keep].tobytes())
        former.unlink()

    def upload(self, job: Job, storage: Artifacts) -> str:
        """Upload the file; return its path.

        Raises: SourceUnavailable, SourceRefused.
        """
        path = artifact_path(job, "output")
        self._file.flush()
        storage.put(job.bucket_id, path, self._path)
        return path

    def close(self) -> None:
        """Remove the files from disk."""
        self._file.close()
        self._numbers.close()
        self._folder.cleanup()


def _pieces(path: Path, start: int) -> Iterator[bytes]:
    """Yield the bytes of a file from `start` on."""
    with path.open("rb") as file:
        file.seek(start)
        while piece := file.read(PIECE_BYTES):
            yield piece
