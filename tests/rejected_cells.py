"""The cells of rejections in the form that tests compare."""

from processor.model import Rejections


def rejected_cells(rejections: Rejections) -> list[tuple[int, str | None, str]]:
    """Return record, column and code of each cell."""
    return [(record, reason.column, reason.code) for record, reason in rejections.cells()]


def rejected_codes(rejections: Rejections) -> list[tuple[int, str]]:
    """Return record and code of each cell."""
    return [(record, reason.code) for record, reason in rejections.cells()]


def messages(rejections: Rejections) -> list[str]:
    """Return the message of each cell."""
    return [reason.message for _, reason in rejections.cells()]
