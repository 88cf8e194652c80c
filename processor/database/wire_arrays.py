"""Arrays of integers between numpy and Postgres in the binary form of the protocol, without a step for each element.

psycopg takes 1 µs to write or read each element of an array, and a chunk may have a million of them.
Source: PostgreSQL, array_send and array_recv (src/backend/utils/adt/arrayfuncs.c).
"""

import struct
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import psycopg
from psycopg.abc import Buffer
from psycopg.adapt import Dumper
from psycopg.pq import Format

# Dimensions, whether there are nulls, the type of the elements; then, for each dimension, its length and first index.
_HEAD: Final = struct.Struct(">iii")
_DIMENSION: Final = struct.Struct(">ii")
_ELEMENT_TYPES: Final = {4: psycopg.adapters.types["int4"].oid, 8: psycopg.adapters.types["int8"].oid}


@dataclass(frozen=True, slots=True)
class BigintArray:
    """Integers (shape: elements) as a parameter of type bigint[]."""

    values: npt.NDArray[np.integer]


@dataclass(frozen=True, slots=True)
class IntegerArray:
    """Integers (shape: elements) as a parameter of type integer[]."""

    values: npt.NDArray[np.integer]


class _BigintArrayDumper(Dumper):
    format = Format.BINARY
    oid = psycopg.adapters.types["int8"].array_oid

    def dump(self, obj: BigintArray) -> Buffer:
        return encoded(obj.values, 8)


class _IntegerArrayDumper(Dumper):
    format = Format.BINARY
    oid = psycopg.adapters.types["int4"].array_oid

    def dump(self, obj: IntegerArray) -> Buffer:
        return encoded(obj.values, 4)


psycopg.adapters.register_dumper(BigintArray, _BigintArrayDumper)
psycopg.adapters.register_dumper(IntegerArray, _IntegerArrayDumper)


def encoded(values: npt.NDArray[np.integer], size: int) -> bytes:
    """Return integers of `size` bytes each as array_recv reads them."""
    if not values.size:
        return _HEAD.pack(0, 0, _ELEMENT_TYPES[size])
    elements = np.empty(values.size, _element(size))
    elements["size"], elements["value"] = size, values
    return _HEAD.pack(1, 0, _ELEMENT_TYPES[size]) + _DIMENSION.pack(values.size, 1) + elements.tobytes()


def decoded(data: bytes, size: int) -> npt.NDArray[np.int64]:
    """Return the integers, of `size` bytes each and none null, that array_send has written."""
    if _HEAD.unpack_from(data)[0] == 0:
        return np.empty(0, np.int64)
    return np.frombuffer(data, _element(size), offset=_HEAD.size + _DIMENSION.size)["value"].astype(np.int64)


def _element(size: int) -> np.dtype[np.void]:
    return np.dtype([("size", ">i4"), ("value", f">i{size}")])
