"""Put the text of a workbook's sheet in the place of the workbook: what follows reads it like any other file."""

from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace
from itertools import chain

from processor import validate, workbook
from processor.errors import JobError
from processor.model import Job
from processor.run.context import AttemptContext
from processor.run.opening import read_beginning, usable_target
from processor.run.planning import plan_for
from processor.run.sheet_source import SheetSource
from processor.run.text import SAMPLE_BYTES, Download, begin_download
from processor.storage import Source


def is_workbook(sample: bytes) -> bool:
    """Return whether a file must be read as a workbook, or refused as one."""
    return workbook.may_be_workbook(sample) or workbook.is_compound(sample)


def with_sheet(context: AttemptContext, source: Source, download: Download) -> AttemptContext:
    """Return the context with the text of the sheet as its source; `download` is that of the workbook.

    Numbers get the decimal mark that the job reads, as the spreadsheet shows them, so that a column may hold numbers
    and texts of numbers. Where the mark of a column differs from that of the job, the sheet is written again.
    Raises: JobError for a workbook that cannot be read, StopRequested, LeaseLost.
    """
    if workbook.is_compound(download.sample):
        raise workbook.compound_error(b"".join(source.blocks(*workbook.directory_of(download.sample))))
    blocks = chain([download.sample], download.blocks)
    with closing(context.workbooks.spool(blocks, download.size)) as file:
        sha256 = download.digest.hexdigest or ""
        request = request_for(context.job)
        text = context.workbooks.text_of(file, request, context.check)
        sheet = SheetSource(source, text, sha256)
        if marks := other_marks(replace(context, source=sheet), sheet):
            sheet.close()
            text = context.workbooks.text_of(file, replace(request, marks=marks), context.check)
            sheet = SheetSource(source, text, sha256)
    return replace(context, source=sheet)


def request_for(job: Job) -> workbook.Request:
    """Return what to write of the workbook of a job; a decimal comma goes with semicolons, as in spreadsheets."""
    target_options = job.target.options if job.target else {}
    mark = validate.make_reading(job.own_options, target_options).decimal
    return workbook.Request(member=job.options.get("member"), delimiter=";" if mark == "," else ",", mark=mark)


def other_marks(context: AttemptContext, sheet: SheetSource) -> Mapping[int, str]:
    """Return the decimal marks of fields whose column reads another one than the job, by their place.

    A sheet that cannot be imported has none; the reason is raised when it is opened.
    """
    download = begin_download(sheet)
    try:
        beginning = read_beginning(download.sample[:SAMPLE_BYTES], download.complete, context.job, sheet=sheet)
        plan = plan_for(context.job, usable_target(context.job), beginning)
    except JobError:
        return {}
    return {
        field.index: field.reading.decimal
        for field in plan.fields
        if field.index >= 0 and field.reading.decimal != sheet.mark
    }
