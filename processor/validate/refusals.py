"""What a refused value becomes: Postgres's SQLSTATE translated to a rejection's code, and the sentence for it."""

from processor.model import Column

_CODES = {
    "22001": "IJ406",  # string_data_right_truncation
    "22026": "IJ406",  # string_data_length_mismatch: bit(n)
    "22003": "IJ405",  # numeric_value_out_of_range
    "22008": "IJ405",  # datetime_field_overflow
    "22015": "IJ405",  # interval_field_overflow
    "23502": "IJ404",  # not_null_violation: a domain's
    "23514": "IJ412",  # check_violation: a domain's
}

_SENTENCES = {
    "IJ403": "{column}: not a valid {type}",
    "IJ404": "{column}: a {type} that does not take nulls",
    "IJ405": "{column}: out of the range of {type}",
    "IJ406": "{column}: longer than {type} takes",
    "IJ412": "{column}: refused by a check of {type}",
    "IJ414": "{column}: refused by a function of {type}",
}


def code_of(sqlstate: str) -> str:
    """Translate the SQLSTATE of a refused value; class P0 is a function's own exception, the rest is invalid text."""
    return _CODES.get(sqlstate) or ("IJ414" if sqlstate.startswith("P0") else "IJ403")


def sentence(code: str, column: Column) -> str:
    """Say what is wrong with a value of the column, without the value."""
    return _SENTENCES[code].format(column=column.name, type=column.type)
