"""Parse the XML of a sheet for cells that have an error value: of .xlsx, and of OpenDocument, whose cells repeat."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Final
from xml.parsers import expat

#: By the number of the row from 0, then that of the column: what the spreadsheet shows.
Cells = dict[int, dict[int, str]]

#: What spreadsheets show; other texts of a cell that says that it is an error become `ANY`.
_SHOWN: Final = re.compile(r"#[^\W\d_][\w/. ]{0,20}[!?]?|Err:\d{1,4}")
ANY: Final = "#VALUE!"
#: Excel has fifteen of them, and LibreOffice four in each of its languages, and numbers.
MOST_TEXTS: Final = 100
#: The largest sheet of LibreOffice, which says of cells that are the same how many they are.
_MOST_ROWS, _MOST_COLUMNS = 1 << 20, 1 << 14


class _Errors:
    """What both parsers do with a text of a cell."""

    def __init__(self) -> None:
        self._cells: defaultdict[int, dict[int, str]] = defaultdict(dict)
        self._texts: dict[str, str] = {}
        self._text: list[str] = []
        self._parser = expat.ParserCreate()
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end

    def parse(self, blocks: Iterable[bytes]) -> Cells:
        """Return the error values.

        Raises: ExpatError.
        """
        for block in blocks:
            self._parser.Parse(block, False)
        self._parser.Parse(b"", True)
        return dict(self._cells)

    def _start(self, tag: str, attributes: Mapping[str, str]) -> None:
        raise NotImplementedError

    def _end(self, tag: str) -> None:
        raise NotImplementedError

    def _listen(self, *, on: bool) -> None:
        self._parser.CharacterDataHandler = self._text.append if on else None

    def _taken(self) -> str:
        """Return the text since the last call."""
        text = "".join(self._text).strip()
        self._text.clear()
        return text

    def _shown(self, text: str) -> str:
        """Return the text of an error; one object for equal ones."""
        if text not in self._texts and (len(self._texts) >= MOST_TEXTS or not _SHOWN.fullmatch(text)):
            text = ANY
        return self._texts.setdefault(text, text)


class SpreadsheetErrors(_Errors):
    """Finds `<c r="B2" t="e"><v>#REF!</v></c>`; rows and cells without a place follow the ones before."""

    def __init__(self) -> None:
        super().__init__()
        self._row, self._column = -1, -1
        self._in_error = False

    def _start(self, tag: str, attributes: Mapping[str, str]) -> None:
        name = tag.rpartition(":")[2]
        if name == "c":
            column = _column_of(attributes.get("r", ""))
            self._column = self._column + 1 if column is None else column
            self._in_error = attributes.get("t") == "e"
        elif name == "row":
            number = attributes.get("r", "")
            self._row = int(number) - 1 if number.isdecimal() else self._row + 1
            self._column = -1
        elif name == "v" and self._in_error:
            self._listen(on=True)

    def _end(self, tag: str) -> None:
        if self._in_error and tag.rpartition(":")[2] == "v":
            self._listen(on=False)
            self._cells[self._row][self._column] = self._shown(self._taken())


class OpenDocumentErrors(_Errors):
    """Finds cells of one table whose `calcext:value-type` is `error`.

    Older writers have none: there a formula whose value is a number, and whose text is an error, is one.
    """

    def __init__(self, table: str) -> None:
        super().__init__()
        self._table = table
        self._in_table = False
        self._row, self._rows, self._column, self._columns = 0, 1, 0, 1
        self._attributes: Mapping[str, str] = {}
        #: Of elements in the cell that hold other texts, such as comments.
        self._aside = 0

    def _start(self, tag: str, attributes: Mapping[str, str]) -> None:
        if tag == "table:table":
            self._in_table = attributes.get("table:name") == self._table
            self._row, self._rows = 0, 0
        elif not self._in_table:
            return
        elif tag == "table:table-row":
            self._row += self._rows
            self._rows = _repeated(attributes, "table:number-rows-repeated")
            self._column, self._columns = 0, 0
        elif tag in ("table:table-cell", "table:covered-table-cell"):
            self._column += self._columns
            self._columns = _repeated(attributes, "table:number-columns-repeated")
            self._attributes = attributes
        elif tag == "office:annotation":
            self._aside += 1
        elif tag == "text:p" and not self._aside and _may_be_error(self._attributes):
            self._listen(on=True)

    def _end(self, tag: str) -> None:
        if tag == "table:table":
            self._in_table = False
        elif tag == "office:annotation":
            self._aside -= 1
        elif tag == "text:p":
            self._listen(on=False)
        elif tag == "table:table-cell":
            self._end_cell()

    def _end_cell(self) -> None:
        text, attributes, self._attributes = self._taken(), self._attributes, {}
        if not text or not (_is_error(attributes) or _SHOWN.fullmatch(text)):
            return
        columns = dict.fromkeys(
            range(self._column, min(self._column + self._columns, _MOST_COLUMNS)), self._shown(text)
        )
        for row in range(self._row, min(self._row + self._rows, _MOST_ROWS)):
            self._cells[row].update(columns)


def _is_error(attributes: Mapping[str, str]) -> bool:
    return attributes.get("calcext:value-type") == "error"


def _may_be_error(attributes: Mapping[str, str]) -> bool:
    return _is_error(attributes) or (
        "table:formula" in attributes and attributes.get("office:value-type") not in ("string", None)
    )


def _repeated(attributes: Mapping[str, str], name: str) -> int:
    number = attributes.get(name, "1")
    return int(number) if number.isdecimal() else 1


def _column_of(reference: str) -> int | None:
    """Return the number of the column in a reference such as `AB12`, from 0; None for another text."""
    letters = reference.rstrip("0123456789")
    if not letters.isascii() or not letters.isalpha():
        return None
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - 64
    return number - 1
