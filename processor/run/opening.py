"""Open a file: find its dialect and header, make the plan, and decide where to begin."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from itertools import chain

import psycopg

from processor import dialect as dialects
from processor import validate
from processor.errors import TargetMissing, UnknownTarget
from processor.model import Dialect, Job, LedgerEntry, Position, Target
from processor.queue import ledger, rejections, waiting
from processor.run.archive import at_member
from processor.run.artifacts.formulas import is_errors_file, unescape_cell
from processor.run.chunks.sizes import chunk_sizes, with_committed
from processor.run.context import AttemptContext
from processor.run.opened_file import Beginning, OpenedFile
from processor.run.planning import known_columns, plan_for
from processor.run.sheet_source import SheetSource
from processor.run.sinks import sink_for
from processor.run.text import SAMPLE_BYTES, Download, SampledText, checked, text_from, without_beginning
from processor.run.whole_file import may_go_at_once


def open_file(conn: psycopg.Connection, context: AttemptContext, target: Target, download: Download) -> OpenedFile:
    """Read the file's beginning, decide how to read the rest, and find out what is committed already.

    Raises: JobError for a file or a target that cannot be used, psycopg.Error.
    """
    job, source = context.job, context.source
    download, member = at_member(download, source, job.options)
    # No more than the sample, so that detection does not depend on the size of the network's blocks.
    beginning = read_beginning(download.sample[:SAMPLE_BYTES], download.complete, job, member, context.sheet)
    dialect, first = beginning.dialect, beginning.first
    plan = plan_for(job, target, beginning)
    at_once = may_go_at_once(context, target, download, dialect)
    entries = [] if at_once else announce(conn, context, dialect)
    rewrites_output = bool(job.options.get("output"))
    start = first if rewrites_output else end_of_prefix(first, entries)
    chunk_bytes = next((entry.chunk_bytes for entry in entries if entry.chunk_bytes), context.config.chunk_bytes)
    committed = {entry.seq: entry for entry in entries}
    load_text = partial(text_to_load, context, beginning, start, download)
    sizes = chunk_sizes(chunk_bytes, download.size - dialect.bom_bytes if dialect.is_plain else None)
    return OpenedFile(
        beginning=beginning,
        plan=plan,
        sink=sink_for(conn, job, target, plan),
        start=start,
        text=SampledText(load_text) if at_once else load_text(),
        digest=download.digest,
        size=download.size,
        chunk_bytes=chunk_bytes,
        sizes=with_committed(sizes, committed),
        one_connection=target.has_triggers,
        ledger=committed,
        rejected=records_not_loaded(conn, job) if rewrites_output and entries else frozenset(),
        at_once=at_once,
    )


def announce(conn: psycopg.Connection, context: AttemptContext, dialect: Dialect) -> list[LedgerEntry]:
    """Show in the job's row that the file is open; return what is committed of it.

    Raises: psycopg.Error with SQLSTATE IJ204 when the file is not that of the first attempt.
    """
    identity = context.source.identified()
    return ledger.open_job(conn, context.job, etag=identity.etag, size=identity.size, dialect=dialect.as_json())


def records_not_loaded(conn: psycopg.Connection, job: Job) -> frozenset[int]:
    """Return the numbers of the records of committed chunks that are rejected, or wait."""
    return rejections.rejected_records(conn, job) | waiting.all_waiting_records(conn, job)


def text_to_load(context: AttemptContext, beginning: Beginning, start: Position, download: Download) -> Iterator[bytes]:
    """Yield the text from `start` on, of the download if that is the first record."""
    if start == beginning.first:
        blocks = chain([download.sample], download.blocks)
        # The blocks of an archive begin with the file that is read.
        whole = dialects.text_stream(blocks, replace(beginning.dialect, member_at=0), context.limits)
        return without_beginning(checked(whole, context.stop.check), start.offset)
    download.digest.give_up()
    return text_from(context.source, beginning.dialect, start, context.limits)


def read_beginning(
    sample: bytes,
    complete: bool,
    job: Job,
    member: dialects.Member | None = None,
    sheet: SheetSource | None = None,
) -> Beginning:
    """Find the dialect and the header in a sample; `complete` says that the sample is the whole file.

    The sample of an archive begins with the `member` that is read; that of a `sheet` is its text.
    An errors.csv always has a header, also where the file that it came from has none, and never a footer.
    Raises: JobError.
    """
    options = job.options | sheet.options if sheet else job.options
    dialect = dialects.detect(sample, complete, options, known_columns(job), member)
    if sheet is not None:
        dialect = sheet.dialect(dialect)
    header, first = dialects.read_header(sample, dialect, complete=complete)
    from_errors_csv = is_errors_file(header)
    if from_errors_csv:
        dialect = replace(dialect, has_header=True, skip_footer=0)
        header, first = dialects.read_header(sample, dialect)
        header = [unescape_cell(name) for name in header]
    if job.options.get("formula_text"):
        header = [validate.header_text(name) for name in header]
    return Beginning(
        dialect=dialect,
        header=header,
        first=first,
        from_errors_csv=from_errors_csv,
        errors=sheet.errors if sheet else (),
    )


def usable_target(job: Job) -> Target:
    """Return the job's target.

    Raises: UnknownTarget when it is not registered, TargetMissing when its table or one of its columns is gone, or when
    another table has taken its place.
    """
    if job.target is None:
        raise UnknownTarget("no target of this name is registered")
    if job.target.replaced:
        raise TargetMissing(
            "another table has taken the place of the target's table, or it has another owner",
            hint="Find out who has done that, then register the target again with importer.register_target().",
        )
    if job.target.table is None and job.target.mode != "none":
        raise TargetMissing("the table of the target no longer exists")
    if job.target.missing:
        raise TargetMissing("the target's table has lost the columns: {columns}", columns=", ".join(job.target.missing))
    return job.target


def end_of_prefix(first: Position, entries: list[LedgerEntry]) -> Position:
    """Return the end of the committed chunks that follow each other without a gap from the file's first record."""
    start = first
    for entry in entries:
        if entry.byte_start != start.offset:
            break
        start = entry.next
    return start
