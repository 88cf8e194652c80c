"""Types for argparse that accept positive numbers only; argparse reports any other value in one line."""

import math
from argparse import ArgumentTypeError


def positive_integer(text: str) -> int:
    """Convert text to a whole number above zero.

    Raises: ArgumentTypeError.
    """
    if not (text.isascii() and text.isdigit() and int(text)):
        raise ArgumentTypeError(f"{text!r} is not a whole number above zero")
    return int(text)


def positive_number(text: str) -> float:
    """Convert text to a finite number above zero.

    Raises: ArgumentTypeError.
    """
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 < value < math.inf:
        raise ArgumentTypeError(f"{text!r} is not a number above zero")
    return value
