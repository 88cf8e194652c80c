"""IJ3xx: errors of the file's format."""

from collections.abc import Sequence
from typing import Any

from processor.errors.job_error import JobError


class EmptyFile(
    JobError,
    code="IJ301",
    hint="Upload a CSV file with a header line and at least one row under the same path, then retry the job.",
):
    """The object has no bytes, or only white space."""


class NoDataRows(
    JobError,
    code="IJ302",
    hint="Upload a CSV file with at least one row below the header under the same path, then retry the job.",
):
    """The file has a header and no row below it."""


class NotCsv(
    JobError,
    code="IJ303",
    hint="Save or export the file as CSV (UTF-8), upload it under the same path, then retry the job.",
):
    """The file has another format, such as a spreadsheet, an image or an archive."""


class WrongEncoding(
    JobError,
    code="IJ304",
    hint="Retry the job with the option encoding, or upload the file as UTF-8 under the same path and retry the job.",
):
    """The bytes are not text in the encoding that was detected or given."""


class UnclosedQuote(
    JobError,
    code="IJ305",
    hint=(
        "Close the quoted field that starts on that line, upload the file under the same path and retry the job; or "
        "retry it with the option quote."
    ),
):
    """The file ends inside a quoted field."""


class NoMatchingColumn(
    JobError,
    code="IJ306",
    hint=(
        "Retry the job with the option mapping, or with has_header set to false if the first line is a row, or upload "
        "the file with the names of the target's columns under the same path and retry the job."
    ),
):
    """No header matches a column of the target."""


class MissingColumn(
    JobError,
    code="IJ307",
    hint=(
        "Retry the job with the option mapping, or add the column to the file, or give the column a default, and "
        "retry the job."
    ),
):
    """The target needs a column that the file does not have."""


class DuplicateHeader(
    JobError,
    code="IJ308",
    hint="Rename or remove one of the two columns, upload the file under the same path, then retry the job.",
):
    """Two headers match the same column of the target."""


class AmbiguousDialect(
    JobError, code="IJ309", hint="Retry the job with the option that the message names: retry_import_job(id, options)."
):
    """The file can be read in two ways that are about equally likely.

    Where an option tells them apart, `option` is its name and `choices` are its values, the likelier one first.
    """

    def __init__(
        self,
        message: str,
        *,
        hint: str | None = None,
        option: str | None = None,
        choices: Sequence[Any] = (),
        **params: str | float,
    ) -> None:
        super().__init__(message, hint=hint, **params)
        self.option, self.choices = option, tuple(choices)


class UnknownColumn(
    JobError, code="IJ310", hint="Retry the job with the option mapping, or with unknown_columns set to 'ignore'."
):
    """A header matches no column, and options.unknown_columns is 'error'."""


class BadCompression(
    JobError,
    code="IJ311",
    hint=(
        "Compress the file again (gzip, zstd, or zip with one member), upload it under the same path, then retry the "
        "job."
    ),
):
    """The compressed stream is damaged, has more than one member, or expands beyond the limits."""


class ArchiveTooLarge(
    JobError,
    code="IJ312",
    hint=("Import the file without inspecting it, or compress it with gzip or zstd, of which the beginning is enough."),
):
    """An inspection would have to read all of an archive that is larger than it may read."""
