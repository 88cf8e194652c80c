"""Workbooks (.xlsx, .ods): recognise them, and turn one sheet into CSV text, in a child process with limits.

`kinds` and `compound_file` say what the first bytes are. `conversion` runs the child, and `outcome` says what its end
means. In the child, `__main__` opens the workbook, `sheets` chooses the sheet, `error_cells` and `error_parsers` find
the error values of its cells, and `cells` writes all values; none of these is imported by the processor itself.
`sheet_text` is the result: a file that has no name.
"""

from processor.workbook.compound_file import compound_error, directory_of
from processor.workbook.conversion import Request, Workbooks
from processor.workbook.kinds import is_compound, may_be_workbook
from processor.workbook.sheet_text import SheetText

__all__ = [
    "Request",
    "SheetText",
    "Workbooks",
    "compound_error",
    "directory_of",
    "is_compound",
    "may_be_workbook",
]
