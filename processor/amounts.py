"""Amounts on the command line of a script, as types of argparse, which tells what is none in one line."""

import math
from argparse import ArgumentTypeError


def whole(text: str) -> int:
    """Read a whole number above zero.

    Raises: ArgumentTypeError.
    """
    if not (text.isascii() and text.isdigit() and int(text)):
        raise ArgumentTypeError(f"{text!r} is no whole number above zero")
    return int(text)


def amount(text: str) -> float:
    """Read a number above zero.

    Raises: ArgumentTypeError.
    """
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 < value < math.inf:
        raise ArgumentTypeError(f"{text!r} is no number above zero")
    return value
