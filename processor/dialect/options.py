"""Read the parts of the dialect that the job's options set; these parts are not detected."""

import codecs
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from processor.errors import BadOption

#: The words that importer.check_import_options accepts.
DELIMITERS: Final = {"tab": "\t", "comma": ",", "semicolon": ";", "pipe": "|", "colon": ":", "space": " "}
#: The most characters of a delimiter, which the kernel that finds the records has room for.
MOST_CHARACTERS: Final = 8
#: The most records of a footer, since so many are held in memory.
MOST_FOOTER_RECORDS: Final = 1000
COMPRESSIONS: Final = ("gzip", "zstd", "zip", "none")

# Codecs of Python that are not encodings of files.
NOT_OF_FILES = {"idna", "punycode", "unicode-escape", "unicode_escape", "raw-unicode-escape", "utf-7", "undefined"}


@dataclass(frozen=True, slots=True, kw_only=True)
class DialectOptions:
    """The dialect's parts as the job sets them. None: to be detected. An empty mark: there is no such mark.

    All marks are single characters, but a delimiter may have several.
    """

    encoding: str | None = None
    delimiter: str | None = None
    quote: str | None = None
    escape: str | None = None
    comment: str | None = None
    compression: str | None = None
    has_header: bool | None = None
    skip_lines: int | None = None
    skip_footer: int | None = None
    skip_empty_rows: bool | None = None
    strict_quotes: bool | None = None
    skip_initial_space: bool | None = None
    locale: str | None = None

    @property
    def marks(self) -> tuple[str, ...]:
        """The characters of the marks that are given: none of them can be another mark that is detected."""
        return tuple("".join(filter(None, (self.delimiter, self.quote, self.escape, self.comment))))

    @property
    def footer(self) -> int:
        """The number of records at the end that are no rows."""
        return self.skip_footer or 0

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> "DialectOptions":
        """Read the job's options. Raises: BadOption for an impossible value."""
        given = cls(
            encoding=_encoding(options.get("encoding")),
            delimiter=_delimiter(options.get("delimiter")),
            quote=_mark("quote", options.get("quote")),
            escape=_mark("escape", options.get("escape")),
            comment=_mark("comment", options.get("comment")),
            compression=_compression(options.get("compression")),
            has_header=options.get("has_header"),
            skip_lines=options.get("skip_lines"),
            skip_footer=options.get("skip_footer"),
            skip_empty_rows=options.get("skip_empty_rows"),
            strict_quotes=options.get("strict_quotes"),
            skip_initial_space=options.get("skip_initial_space"),
            locale=options.get("locale"),
        )
        quote = '"' if given.quote is None else given.quote
        marks = [*{*(given.delimiter or "")}, *filter(None, (quote, given.comment))]
        if len(set(marks)) < len(marks) or (given.escape and given.escape in (*(given.delimiter or ""), given.comment)):
            raise BadOption("options.delimiter, quote, escape and comment must be different characters")
        if given.escape not in (None, "", "\\", given.quote or '"'):
            raise BadOption("options.escape must be a backslash, or the quote itself if quotes are doubled")
        if given.footer > MOST_FOOTER_RECORDS:
            raise BadOption("options.skip_footer must be at most {most:,}", most=MOST_FOOTER_RECORDS)
        return given


def _delimiter(value: str | None) -> str | None:
    text = DELIMITERS.get(value or "", value)
    if text == "":
        raise BadOption("options.delimiter is empty: leave the option out to detect the delimiter")
    if text is not None and (len(text) > MOST_CHARACTERS or not all(map(_is_mark, text))):
        characters = "ASCII characters other than letters, digits and line ends"
        raise BadOption(
            "options.delimiter must be one to {most} {characters}", most=MOST_CHARACTERS, characters=characters
        )
    return text


def _is_mark(character: str) -> bool:
    return character.isascii() and not character.isalnum() and character not in "\r\n\0"


def _mark(name: str, value: str | None) -> str | None:
    if value and (len(value) != 1 or not _is_mark(value)):
        raise BadOption(
            "options.{option} must be one ASCII character other than a letter, a digit or a line end", option=name
        )
    return value


def _encoding(value: str | None) -> str | None:
    if value is None:
        return None
    try:
        name = codecs.lookup(value).name
        codecs.getincrementaldecoder(name)()
        if name in NOT_OF_FILES:
            raise LookupError
        "".encode(name)
    except (LookupError, ValueError):
        raise BadOption("options.encoding names an unknown encoding: {encoding!r}", encoding=value) from None
    return {"utf-8-sig": "utf-8", "ascii": "utf-8"}.get(name, name)


def _compression(value: str | None) -> str | None:
    if value is None:
        return None
    name = {"gz": "gzip", "zst": "zstd", "": "none"}.get(value.lower(), value.lower())
    if name not in COMPRESSIONS:
        raise BadOption("options.compression must be one of {choices}", choices=", ".join(COMPRESSIONS))
    return name
