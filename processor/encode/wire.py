"""The bytes of a binary COPY, from typed columns, by pgpq."""

from collections.abc import Iterator, Sequence
from typing import Any, Final, Protocol, cast

import polars as pl
import pyarrow as pa
from pgpq import ArrowToPostgresBinaryEncoder
from pgpq.encoders import StringViewEncoderBuilder
from pgpq.schema import Jsonb

# pgpq holds Python's lock while it encodes a batch (3 ms for a megabyte), and gives bytes out above a megabyte.
_BATCH_BYTES: Final = 1 << 20
_ARROW: Final = cast(Any, pa)  # it has no types of its own, and pgpq's stubs name some
_PGPQ: Final = cast(Any, ArrowToPostgresBinaryEncoder)
_TEXTS: Final = cast(Any, StringViewEncoderBuilder)


class _Encoder(Protocol):
    """What is used of pgpq's encoder."""

    def write_header(self) -> bytes: ...
    def write_batch(self, batch: object, /) -> bytes: ...
    def finish(self) -> bytes: ...


def stream(frame: pl.DataFrame, jsonb: frozenset[str]) -> Iterator[bytes]:
    """Encode typed columns: header, rows and trailer, in pieces of about a megabyte."""
    rows = max(1, frame.height * _BATCH_BYTES // max(1, int(frame.estimated_size())))
    # As views texts stay as they are in Polars: copying them takes 0.1 s for 1,000,000 rows of seven columns.
    table = cast(Any, frame.rechunk().to_arrow(compat_level=pl.CompatLevel.newest()))
    table = table.cast(_ARROW.schema(list(map(_known, table.schema))))
    encoder = _encoder(table.schema, jsonb)
    yield encoder.write_header()
    for batch in cast("Sequence[object]", table.to_batches(max_chunksize=rows)):
        if piece := encoder.write_batch(batch):
            yield piece
    yield encoder.finish()


def _known(field: Any) -> Any:
    """Give a field of bytes the layout that pgpq knows."""
    return field.with_type(_ARROW.large_binary()) if field.type == _ARROW.binary_view() else field


def _encoder(schema: Any, jsonb: frozenset[str]) -> _Encoder:
    if not jsonb:
        return cast(_Encoder, _PGPQ(schema))  # 1 µs for a column; naming each encoder takes 75 µs
    builders = {
        field.name: _TEXTS.new_with_output(field, Jsonb()) if field.name in jsonb else _PGPQ.infer_encoder(field)
        for field in schema
    }
    return cast(_Encoder, _PGPQ.new_with_encoders(schema, builders))
