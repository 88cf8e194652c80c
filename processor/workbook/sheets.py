"""Choose the sheet of a workbook: the one that is named, or the only visible one with data."""

from dataclasses import dataclass
from typing import Final

from python_calamine import CalamineSheet, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

#: The most names that a message lists, and the most characters of each (Excel allows 31).
MOST_NAMES: Final = 50
MOST_CHARACTERS: Final = 100


@dataclass(frozen=True, slots=True)
class Choice:
    """A sheet, or why there is none: `empty`, `unknown` or `several`, with the names that may be chosen."""

    sheet: CalamineSheet | None = None
    reason: str = ""
    names: tuple[str, ...] = ()


def choose_sheet(workbook: CalamineWorkbook, member: str | None) -> Choice:
    """Return the sheet to read; sheets that are hidden or no tables are never chosen.

    A name is that of the sheet, or, if it is the only one, that name in other case or with other white space around.
    """
    names = [
        sheet.name
        for sheet in workbook.sheets_metadata
        if sheet.visible == SheetVisibleEnum.Visible and sheet.typ == SheetTypeEnum.WorkSheet
    ]
    if member is not None:
        name = _named(names, member)
        return Choice(workbook.get_sheet_by_name(name)) if name is not None else Choice(None, "unknown", _listed(names))
    if len(names) == 1:
        sheet = workbook.get_sheet_by_name(names[0])
        return Choice(sheet) if _has_data(sheet) else Choice(None, "empty")
    filled = [name for name in names if _has_data(workbook.get_sheet_by_name(name))]
    if len(filled) > 1:
        return Choice(None, "several", _listed(filled))
    return Choice(workbook.get_sheet_by_name(filled[0])) if filled else Choice(None, "empty")


def _named(names: list[str], member: str) -> str | None:
    if member in names:
        return member
    close = [name for name in names if name.strip().casefold() == member.strip().casefold()]
    return close[0] if len(close) == 1 else None


def _has_data(sheet: CalamineSheet) -> bool:
    return any(value != "" for row in sheet.iter_rows() for value in row)


def _listed(names: list[str]) -> tuple[str, ...]:
    return tuple(name[:MOST_CHARACTERS] for name in names[:MOST_NAMES])
