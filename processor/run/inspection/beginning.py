"""The beginning of the file that is inspected: its bytes, its dialect, and what a person has to decide about that."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from processor.dialect import Member, is_archive
from processor.errors import AmbiguousDialect, ArchiveTooLarge, BadCompression, BadOption, JobError, UnknownMember
from processor.model import Job
from processor.run.archive import find_member
from processor.run.opened_file import Beginning
from processor.run.opening import read_beginning
from processor.run.sheet_source import SheetSource, stream_size
from processor.run.text import SAMPLE_BYTES
from processor.storage import Source

# An archive is read to its end, to know which files it holds; 20 MB take Storage 50 ms.
ARCHIVE_BYTES = 20 * 1000 * 1000
# Parts of the dialect that may be ambiguous: each is decided once.
MOST_DECISIONS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """The first bytes of a file, of an archive those from its `member` on; `complete` says that nothing follows them.

    `error` is why an archive cannot be imported, which its beginning does not show.
    """

    data: bytes
    complete: bool
    member: Member | None = None
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


def sample_of(source: Source | SheetSource, data: bytes, options: Mapping[str, Any]) -> Sample:
    """Return the sample of a file that begins with `data`, which are `SAMPLE_BYTES` or all; an archive is read whole.

    Raises: ArchiveTooLarge, JobError of Storage.
    """
    size = stream_size(source)
    first = Sample(data=data, complete=size <= SAMPLE_BYTES)
    if isinstance(source, SheetSource):
        return replace(first, member=Member(source.sheet, 0))
    try:
        if not is_archive(data, options):
            return first
        if size > ARCHIVE_BYTES:
            raise ArchiveTooLarge(
                "the archive has {size:,} bytes; at most {limit:,} can be inspected", size=size, limit=ARCHIVE_BYTES
            )
        archive = data if first.complete else data + b"".join(source.blocks(len(data)))
        member = find_member(source, archive, options.get("member"))
    except (BadOption, BadCompression, UnknownMember) as exc:
        return replace(first, error=exc)
    rest = archive[member.at :]
    return Sample(data=rest[:SAMPLE_BYTES], complete=len(rest) <= SAMPLE_BYTES, member=member)


def find_beginning(sample: Sample, job: Job, sheet: SheetSource | None = None, names: tuple[str, ...] = ()) -> Found:
    """Find the dialect and the header as an import does; where it would fail because two are likely, take one.

    `names` are those of the workbook's sheets that may be meant; the `sheet` is the first of them.
    """
    options = dict(job.options)
    choices: dict[str, tuple[Any, ...]] = {"member": names} if names else {}
    for _ in range(MOST_DECISIONS):
        try:
            chosen = replace(job, options=options)
            beginning = read_beginning(sample.data, sample.complete, chosen, sample.member, sheet)
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
