"""The rejection of a value that a cast does not accept: its code, from Postgres's SQLSTATE, and its message."""

from processor.model import Column, Message

#: SQLSTATE datetime_field_overflow.
DATE_OUT_OF_RANGE = "22008"
_CODES = {
    "22001": "IJ406",  # string_data_right_truncation
    "22026": "IJ406",  # string_data_length_mismatch: bit(n)
    "22003": "IJ405",  # numeric_value_out_of_range
    DATE_OUT_OF_RANGE: "IJ405",
    "22015": "IJ405",  # interval_field_overflow
    "23502": "IJ404",  # not_null_violation: a domain's
    "23514": "IJ412",  # check_violation: a domain's
}

_MESSAGES = {
    "IJ403": "{column}: not a valid {type}",
    "IJ404": "{column}: null is not allowed for {type}",
    "IJ405": "{column}: out of range for {type}",
    "IJ406": "{column}: too long for {type}",
    "IJ412": "{column}: violates a check of {type}",
    "IJ414": "{column}: rejected by a function of {type}",
}


def cast_error_code(sqlstate: str) -> str:
    """Return the rejection code for the SQLSTATE of a cast.

    Class P0 is an exception that a function of the type's owner raises; any other unknown SQLSTATE means invalid text.
    """
    return _CODES.get(sqlstate) or ("IJ414" if sqlstate.startswith("P0") else "IJ403")


def rejection_message(code: str, column: Column, sqlstate: str = "") -> Message:
    """Return the message of a rejection, which names the column and its type and does not quote the value.

    It has the SQLSTATE of a cast that failed by something else than invalid data, such as a limit of the type.
    """
    message = _MESSAGES[code].format(column=column.name, type=column.type)
    if sqlstate and sqlstate[:2] not in ("22", "23", "P0"):
        return Message(f"{message} (SQLSTATE {sqlstate})", type=column.type, sqlstate=sqlstate)
    return Message(message, type=column.type)
