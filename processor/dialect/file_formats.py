"""Recognise files that are not CSV by their first bytes."""

import re
from typing import Final

#: Magic numbers, and the names of the formats for the person who uploaded the file. The first match wins.
MAGIC: Final[tuple[tuple[bytes, str], ...]] = (
    (b"PAR1", "a Parquet file"),
    (b"%PDF-", "a PDF document"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Excel or Word file (.xls, .doc)"),
    (b"\x89PNG\r\n\x1a\n", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF87a", "a GIF image"),
    (b"GIF89a", "a GIF image"),
    (b"RIFF", "an image, a sound or a film (RIFF)"),
    (b"II*\x00", "a TIFF image"),
    (b"MM\x00*", "a TIFF image"),
    (b"SQLite format 3\x00", "an SQLite database"),
    (b"ORC", "an ORC file"),
    (b"Obj\x01", "an Avro file"),
    (b"ARROW1", "an Arrow file"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (b"Rar!\x1a\x07", "a RAR archive"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ\x00", "an xz archive"),
    (b"\x04\x22\x4d\x18", "an LZ4 archive"),
    (b"{\\rtf", "a rich text document"),
    (b"\x7fELF", "a program"),
)
_MARKUP = re.compile(rb"\s*<(?:!doctype\s+html|html|head|body|table|\?xml|svg)\b", re.IGNORECASE)
_JSON = re.compile(rb"\s*(?:\{\s*\"[^\"]*\"\s*:|\[\s*[\[{])")
#: Control characters that do not occur in text; tab, line ends, form feed and escape do.
_CONTROL = bytes([*range(9), 0x0B, *range(0x0E, 0x1B), *range(0x1C, 0x20)])
_NULS = re.compile(rb"\0{8,}")
#: Names of the first members of Office's zip archives.
_OFFICE = re.compile(
    rb"\[Content_Types\]\.xml|_rels/\.rels|xl/workbook|word/document|docProps/|mimetypeapplication/vnd\."
)


def other_format(sample: bytes) -> str | None:
    """Return the name of the file's format; None if it may be CSV."""
    if sample.startswith(b"PK\x03\x04"):
        return "an Excel, Word or OpenDocument file" if _OFFICE.search(sample[:4096]) else None
    if not (sample.startswith(b"ORC") and b"," in sample[:64]):
        for magic, name in MAGIC:
            if sample.startswith(magic) and not _is_header(sample, magic):
                return name
    if markup := _MARKUP.match(sample[:1024]):
        return "an XML document" if b"?xml" in markup[0].lower() or b"svg" in markup[0].lower() else "an HTML page"
    return "a JSON document" if _JSON.match(sample[:1024]) else None


def _is_header(sample: bytes, magic: bytes) -> bool:
    """Return whether a magic number of letters and digits begins a header: the first 64 bytes are ASCII text."""
    return magic.isalnum() and not any(byte in _CONTROL for byte in sample[:64]) and sample[:64].isascii()


def is_binary(sample: bytes) -> bool:
    """Return whether the bytes are not text: they have many control characters, or a NUL in the first line.

    Up to 2 % of control characters are accepted here; the rows that have them are checked later. A run of NULs does not
    count: it is what a crash leaves of a block that was never written, most often at the end.
    """
    # The pattern alone would take 12 ms for 256 KiB without a NUL.
    text = _NULS.sub(b"", sample) if b"\0\0" in sample else sample
    control = len(text) - len(text.translate(None, _CONTROL))
    return (control >= 8 and control > len(text) // 50) or b"\0" in re.split(rb"[\r\n]", sample, maxsplit=1)[0]
