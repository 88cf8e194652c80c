"""The beginning of the file that is inspected: its bytes, its dialect, and what a person has to decide about that."""

import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from processor.dialect import is_ignored
from processor.errors import AmbiguousDialect, ArchiveTooLarge, BadCompression, JobError
from processor.model import Job
from processor.run.opened_file import Beginning
from processor.run.opening import read_beginning
from processor.run.text import SAMPLE_BYTES
from processor.storage import Source

# An archive is read to its end, to know that it holds one file; 20 MB take Storage 50 ms.
ARCHIVE_BYTES = 20 * 1000 * 1000
ARCHIVE_MAGIC = b"PK\x03\x04"
# Parts of the dialect that may be ambiguous: each is decided once.
MOST_DECISIONS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """The first bytes of a file; `complete` says that they are the whole file.

    `error` is why an archive cannot be imported, which its beginning does not show.
    """

    data: bytes
    complete: bool
    error: JobError | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What the sample says; `beginning` is None where it cannot be read, for the reason in `error`.

    `choices` has the values, the likelier one first, of each option that would settle an ambiguity. The first one is
    what the inspection goes on with.
    """

    beginning: Beginning | None = None
    error: JobError | None = None
    choices: Mapping[str, tuple[Any, ...]] = field(default_factory=dict[str, tuple[Any, ...]])


def read_first_bytes(source: Source) -> Sample:
    """Read as many bytes as an import looks at to detect the dialect, by one request; of an archive all of them.

    Raises: ArchiveTooLarge, JobError of Storage.
    """
    data = source.beginning(SAMPLE_BYTES)
    size = source.identified().size
    if data.startswith(ARCHIVE_MAGIC) and size > len(data):
        if size > ARCHIVE_BYTES:
            raise ArchiveTooLarge(
                "the archive has {size:,} bytes; at most {limit:,} can be inspected", size=size, limit=ARCHIVE_BYTES
            )
        error = archive_error(data + b"".join(source.blocks(len(data))))
        return Sample(data=data, complete=False, error=error)
    return Sample(data=data, complete=size <= SAMPLE_BYTES)


def archive_error(archive: bytes) -> JobError | None:
    """Return an error where the directory of an archive does not show one file, besides those that are ignored."""
    try:
        names = zipfile.ZipFile(io.BytesIO(archive)).namelist()
    except zipfile.BadZipFile:
        return BadCompression("the zip archive is damaged or ends too early")
    if sum(not is_ignored(name.encode()) for name in names) > 1:
        return BadCompression("the zip archive holds more than one file")
    return None


def find_beginning(sample: Sample, job: Job) -> Found:
    """Find the dialect and the header as an import does; where it would fail because two are likely, take one."""
    options = dict(job.options)
    choices: dict[str, tuple[Any, ...]] = {}
    for _ in range(MOST_DECISIONS):
        try:
            beginning = read_beginning(sample.data, sample.complete, replace(job, options=options))
        except AmbiguousDialect as exc:
            # A file of one column has no delimiter, which no option can say.
            values = tuple(choice for choice in exc.choices if choice is not None)
            if exc.option is None or exc.option in options or not values:
                return Found(error=exc, choices=choices)
            choices[exc.option] = values
            options[exc.option] = values[0]
        except JobError as exc:
            return Found(error=exc, choices=choices)
        else:
            return Found(beginning=beginning, choices=choices)
    return Found(choices=choices)
