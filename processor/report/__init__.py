"""Report: what a job's row says about its run, gathered chunk by chunk. Pure."""

from processor.report.kept_figures import is_worth_keeping, kept_figures, restore_figures
from processor.report.preview import PREVIEW_ROWS, Preview, Row, numbered_rows
from processor.report.report import Report

__all__ = [
    "PREVIEW_ROWS",
    "Preview",
    "Report",
    "Row",
    "is_worth_keeping",
    "kept_figures",
    "numbered_rows",
    "restore_figures",
]
