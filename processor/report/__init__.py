"""What there is to say about a run, gathered while chunks go by. Pure."""

from processor.report.summary import Report, preview

__all__ = ["Report", "preview"]
