"""Measure how many megabytes per second one core cuts into chunks of counted records, for several kinds of files.

`python -m benchmarks.micro.records`
"""

import time
from collections.abc import Iterator

from processor.model import Dialect, FileLimits, Position
from processor.records import cut

BLOCK, CHUNK, SIZE = 1 << 18, 16 << 20, 200 << 20
WORD = b"abcdefghijklmn"

#: Kind of file → its lines, which are repeated up to SIZE, its dialect, and the target in MB/s if there is one.
KINDS: dict[str, tuple[list[bytes], Dialect, int | None]] = {
    "plain": ([b",".join([WORD] * 7) + b"\n"], Dialect(), 250),
    "plain, CRLF": ([b",".join([WORD] * 7) + b"\r\n"], Dialect(), 250),
    "every field quoted": ([b",".join([b'"' + WORD + b'"'] * 7) + b"\n"], Dialect(), 120),
    "one field quoted, newline in it": ([b",".join([WORD] * 6) + b',"a\nb, c"\n'], Dialect(), 120),
    "1 in 1,000 irregular": (
        [b",".join([WORD] * 7) + b"\n"] * 999 + [b'5" pipe,"x"y,' + b",".join([WORD] * 5) + b"\n"],
        Dialect(),
        None,
    ),
    "all irregular": ([b'5" pipe,' + b",".join([WORD] * 6) + b"\n"], Dialect(), None),
    "backslash in each record": ([b",".join([b'"' + WORD + b'"'] * 6) + b',"a\\"b"\n'], Dialect(escape="\\"), None),
}


def blocks(lines: list[bytes]) -> Iterator[bytes]:
    """Yield blocks of the repeated lines."""
    unit = b"".join(lines)
    text = unit * (4 * BLOCK // len(unit) + 1)
    size = 0
    while size < SIZE:
        for start in range(0, len(text), BLOCK):
            block = text[start : start + BLOCK]
            size += len(block)
            yield block


def measure(lines: list[bytes], dialect: Dialect) -> tuple[float, int, int]:
    """Return the speed in MB/s, the records and the fields."""
    size = records = fields = 0
    started = time.process_time()
    for chunk in cut(blocks(lines), dialect, Position(), FileLimits(), lambda _: CHUNK):
        size += len(chunk.data)
        records += chunk.records
        fields += int(chunk.fields.sum())
    return size / (time.process_time() - started) / 1e6, records, fields


def main() -> None:
    """Print one line for each kind of file: the better of two runs."""
    for kind, (lines, dialect, target) in KINDS.items():
        speed, records, fields = max(measure(lines, dialect) for _ in range(2))
        goal = f"target {target}" if target else ""
        print(f"{kind:34} {speed:7.0f} MB/s {records:10,} records {fields:11,} fields  {goal}")


if __name__ == "__main__":
    main()
