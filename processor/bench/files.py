"""Generated files: people with seven columns, about 100 bytes a row, some of them quoted with commas in them."""

from pathlib import Path

COLUMNS = (
    "id bigint primary key, name text not null, email text, city text, "
    "balance numeric(12,2), seen timestamptz, note text"
)
HEADER = b"id,name,email,city,balance,seen,note\n"
# Rows are made in blocks of this many, all alike but for the number.
BLOCK = 10_000


def people(path: Path, rows: int) -> Path:
    """Write a file of so many rows.

    The text is laid out once for a block; only the ids differ, so that 2 GB take seconds.
    """
    tails = [
        b",Person %d,person%d@example.com,City %d,%d.%02d,2026-%02d-%02d %02d:00:00+00,"
        b'"lives in %d, speaks %d languages"\n'
        % (n, n, n % 500, n % 9000, n % 100, n % 12 + 1, n % 28 + 1, n % 24, n % 500, n % 5)
        for n in range(BLOCK)
    ]
    with path.open("wb") as file:
        file.write(HEADER)
        for start in range(0, rows, BLOCK):
            count = min(BLOCK, rows - start)
            file.write(b"".join(b"%d%s" % (start + n, tails[n]) for n in range(count)))
    return path
