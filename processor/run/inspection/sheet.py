"""The sheet of a workbook that is inspected: where a person has to choose one, the first of them."""

from dataclasses import dataclass, replace

from processor.errors import (
    AmbiguousDialect,
    BadWorkbook,
    EmptyFile,
    JobError,
    NotCsv,
    OldWorkbook,
    UnknownMember,
    WorkbookLocked,
    WorkbookTooLarge,
)
from processor.run.context import AttemptContext
from processor.run.text import begin_download
from processor.run.workbook import is_workbook, with_sheet
from processor.storage import Source

#: Why a workbook cannot be imported; an inspection reports these as problems of the file.
PROBLEMS = (BadWorkbook, EmptyFile, NotCsv, OldWorkbook, UnknownMember, WorkbookLocked, WorkbookTooLarge)


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspectable:
    """What is inspected: the context, whose source is a sheet if the file is a workbook, and `names` to choose from.

    `error` is why the workbook cannot be imported.
    """

    context: AttemptContext
    names: tuple[str, ...] = ()
    error: JobError | None = None


def inspectable_of(context: AttemptContext, data: bytes) -> Inspectable:
    """Return what to inspect of a file that begins with `data`.

    Raises: JobError of Storage, StopRequested, LeaseLost.
    """
    source = context.source
    if not (isinstance(source, Source) and is_workbook(data)):
        return Inspectable(context=context)
    try:
        return Inspectable(context=with_sheet(context, source, begin_download(source)))
    except PROBLEMS as exc:
        return Inspectable(context=context, error=exc)
    except AmbiguousDialect as exc:
        names = tuple(exc.choices)
    job = replace(context.job, options=context.job.options | {"member": names[0]})
    chosen = with_sheet(replace(context, job=job), source, begin_download(source))
    return Inspectable(context=replace(chosen, job=context.job), names=names)
