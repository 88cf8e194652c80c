"""What there is to say about a run, gathered while chunks go by. Pure."""

from processor.report.kept import is_worth_keeping, kept, restore
from processor.report.preview import PREVIEW_ROWS, Preview, Row, numbered_rows
from processor.report.summary import Report

__all__ = ["PREVIEW_ROWS", "Preview", "Report", "Row", "is_worth_keeping", "kept", "numbered_rows", "restore"]
