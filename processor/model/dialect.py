"""How the bytes of a file are to be read."""

from dataclasses import dataclass, field
from typing import Any, Final, Literal

#: A byte that no text in UTF-8 has.
NOWHERE: Final = b"\xff"
How = Literal["given", "found", "default"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """How the bytes of a file are read; `how` says for each part whether it was given, found or a default.

    `delimiter` may have several characters; it is None when the file has one column. `quote` is None when no character
    quotes; `escape` is None when a quote is escaped by doubling it, else a backslash. `skip_lines` is the number of
    lines before the header, `bom_bytes` the size of the byte order mark, `confidence` (0 to 1) that of the encoding.
    `skip_footer` is the number of records at the end that are no rows; with `skip_empty_rows`, records of nothing but
    delimiters are none either. `member` is the sheet of a workbook that is read, or the path of the file of an
    archive; `member_at` is where that begins, in bytes from the archive's start.
    With `strict_quotes`, a record is rejected if any of its quotes is irregular; with `skip_initial_space`, white space
    before an opening quote is passed over. `quote_order` (0 to 1) is the share of the quotes of the sample that open
    and close fields.
    All marks are ASCII characters, and all but the delimiter single ones, so that UTF-8 bytes can be searched for them.
    """

    encoding: str = "utf-8"
    delimiter: str | None = ","
    quote: str | None = '"'
    escape: str | None = None
    line_end: str = "lf"  # 'lf' | 'crlf' | 'cr' | 'mixed'
    has_header: bool = True
    skip_lines: int = 0
    strict_quotes: bool = False
    skip_initial_space: bool = False
    quote_order: float = 0.0
    skip_footer: int = 0
    skip_empty_rows: bool = True
    comment: str | None = None
    compression: str | None = None
    member: str | None = None
    member_at: int = 0
    bom_bytes: int = 0
    confidence: float = 1.0
    how: dict[str, How] = field(default_factory=dict[str, How])

    @property
    def delimiter_bytes(self) -> bytes:
        """The delimiter as bytes; for one column, a byte that no text in UTF-8 has."""
        return NOWHERE if self.delimiter is None else self.delimiter.encode()

    @property
    def canonical_delimiter(self) -> bytes:
        """The single byte that parts the fields once the records are rewritten as canonical CSV."""
        return self.delimiter_bytes if self.delimiter is not None and len(self.delimiter) == 1 else NOWHERE

    @property
    def several(self) -> bytes | None:
        """The delimiter as bytes if it has several characters; else None."""
        return self.delimiter.encode() if self.delimiter is not None and len(self.delimiter) > 1 else None

    @property
    def is_sheet(self) -> bool:
        """Whether the text is that of a workbook's sheet."""
        return self.member is not None and self.compression is None

    @property
    def is_plain(self) -> bool:
        """Whether the bytes that are read are those of the text, except for a byte order mark."""
        return self.encoding == "utf-8" and self.compression is None

    def as_json(self) -> dict[str, Any]:
        """Return all parts by name, in a fourteenth of the time of `asdict`; it is called twice for each file."""
        return {name: getattr(self, name) for name in self.__slots__}
