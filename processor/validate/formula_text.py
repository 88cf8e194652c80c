"""Texts that a program has written as formulas, so that a spreadsheet keeps their zeros: `="0012"` is the text 0012."""

import re
from typing import Final

import polars as pl

#: A formula that is one text and nothing else; a quote inside is doubled, as Excel writes it.
_FORMULA: Final = r'(?s)^="((?:[^"]|"")*)"$'


def read_formula_text(texts: pl.Series) -> pl.Series:
    """Return the text of each formula that is one, and all other texts as they are."""
    is_formula = texts.str.starts_with('="') & texts.str.contains(_FORMULA)
    if not is_formula.any():
        return texts
    inner = texts.str.extract(_FORMULA, 1).str.replace_all('""', '"', literal=True)
    return inner.zip_with(is_formula.fill_null(False), texts).alias(texts.name)


def header_text(header: str) -> str:
    """Return the text of a header that is written as a formula; any other header as it is."""
    match = re.match(_FORMULA, header.strip())
    return match[1].replace('""', '"') if match else header
