"""Formulas in errors.csv: cells that a spreadsheet would execute are escaped, and no other character changes."""

import pytest

from processor.model import Dialect
from processor.run.artifacts.cells import escape_record

PLAIN, SEMICOLON = Dialect(), Dialect(delimiter=";")
BACKSLASH, APOSTROPHE, BARE = Dialect(escape="\\"), Dialect(quote="'"), Dialect(quote=None, delimiter="\t")
LONG, ONE_COLUMN = Dialect(delimiter="||"), Dialect(delimiter=None)


@pytest.mark.parametrize(
    ("dialect", "raw", "escaped"),
    [
        (PLAIN, "a,b", "a,b"),
        (PLAIN, "=1+1,b", "'=1+1,b"),
        (PLAIN, '"",=1,"NA"', '"",\'=1,"NA"'),
        (PLAIN, '"=1,2",x', '"\'=1,2",x'),
        (PLAIN, 'a,"say ""=x""",@b', 'a,"say ""=x""",\'@b'),
        (PLAIN, "-5,+55119,-x", "-5,+55119,'-x"),
        (PLAIN, '"two\nlines",=x', '"two\nlines",\'=x'),
        (PLAIN, '"open,=x', '"open,=x'),
        (PLAIN, "", ""),
        (PLAIN, "'=1", "''=1"),
        (SEMICOLON, "a,=b;=c", "a,=b;'=c"),
        (BACKSLASH, '\\N,=1,"a\\",=b"', '\\N,\'=1,"a\\",=b"'),
        (APOSTROPHE, "=1,'=2'", "'''=1','''=2'"),
        (LONG, "=1||a|=b||=c", "'=1||a|=b||'=c"),
        (LONG, '"x||=y"||"=z"', '"x||=y"||"\'=z"'),
        (ONE_COLUMN, "a,=b", "a,=b"),
        (ONE_COLUMN, "=a,b", "'=a,b"),
        (BARE, '=C:\\x\tsay "hi"', '\'=C:\\x\tsay "hi"'),
    ],
)
def test_only_formulas_are_escaped(dialect: Dialect, raw: str, escaped: str) -> None:
    assert escape_record(raw, dialect) == escaped
