"""IJ3xx: errors of workbooks, and of files that hold several."""

from processor.errors.job_error import JobError


class UnknownMember(
    JobError,
    code="IJ313",
    hint="Retry the job with the option member set to one of the names in the message.",
):
    """The option member names no file of the archive, or no sheet of the workbook."""


class WorkbookLocked(
    JobError,
    code="IJ314",
    hint=(
        "Save the workbook without a password, or the sheet as CSV (UTF-8), upload it under the same path, then retry "
        "the job."
    ),
):
    """The workbook cannot be opened without a password."""


class OldWorkbook(
    JobError,
    code="IJ315",
    hint="Save the workbook as .xlsx, or the sheet as CSV (UTF-8), upload it under the same path, then retry the job.",
):
    """The file is a workbook of a format that is not read: .xls of Excel 97 to 2003, or .xlsb."""


class WorkbookTooLarge(
    JobError,
    code="IJ316",
    hint="Save the sheet as CSV (UTF-8), which has no such limit, upload it under the same path, then retry the job.",
):
    """The workbook is larger, or needs more memory, time or space to read, than the processor allows."""


class BadWorkbook(
    JobError,
    code="IJ317",
    hint="Open the workbook and save it again, upload it under the same path, then retry the job.",
):
    """The workbook is damaged."""
