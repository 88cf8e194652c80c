"""The type that Storage is told of a file: by the ending of its name, as the clients and the Edge Function do it."""

from pathlib import Path
from typing import Final

#: Of files whose ending says nothing: what is imported is CSV, whatever its name.
CSV: Final = "text/csv"
TYPES: Final = {
    ".csv": CSV,
    ".tsv": "text/tab-separated-values",
    ".txt": "text/plain",
    ".gz": "application/gzip",
    ".zst": "application/zstd",
    ".zip": "application/zip",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".xlsm": "application/vnd.ms-excel.sheet.macroEnabled.12",
    ".xls": "application/vnd.ms-excel",
    ".ods": "application/vnd.oasis.opendocument.spreadsheet",
}


def content_type(name: str) -> str:
    """Return the type of a file of this name; the last ending counts: `a.csv.gz` is a file of gzip."""
    return TYPES.get(Path(name).suffix.lower(), CSV)
