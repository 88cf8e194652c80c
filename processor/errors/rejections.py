"""The codes of rejections."""

from typing import Final

#: The code of a rejection and what it means. The message of a rejection may add the column's name and type.
REJECTIONS: Final[dict[str, str]] = {
    "IJ401": "the row has fewer fields than the header",
    "IJ402": "the row has more fields than the header",
    "IJ403": "the value is not valid for the column's type",
    "IJ404": "the column does not accept nulls",
    "IJ405": "the value is out of range for the column's type",
    "IJ406": "the value is too long for the column",
    "IJ407": "the row contains a NUL byte",
    "IJ408": "a field or the whole record exceeds the size limit",
    "IJ409": "the line begins with # and may be a comment or a row: set options.comment to '#' or to ''",
    "IJ410": "a row with this key already exists",
    "IJ411": "the row refers to a row that does not exist",
    "IJ412": "the row violates a check constraint",
    "IJ413": "the row violates an exclusion constraint",
    "IJ414": "a trigger or function of the table raised an error for the row",
    "IJ415": "the value is not accepted by the column's normaliser",
    "IJ416": "the value does not match the column's pattern",
    "IJ417": "an earlier row of the file has the same key",
    "IJ418": "the database does not accept the row",
    "IJ419": "quotes stand out of order, so that values may be in the wrong columns",
    "IJ604": "the uploader may not write the row: row security, a missing privilege, or a row of another owner",
}
