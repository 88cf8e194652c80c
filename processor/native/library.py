"""Load the library of compiled kernels, which the build (`hatch_build.py`) makes of the C files beside this module."""

import ctypes
import sys
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from processor.native.sources import expected_stamp

FILE: Final = Path(__file__).with_name("kernels.so")
#: The end of each message.
REMEDY: Final = "run scripts/setup in a checkout, or reinstall import-jobs"

_WORD: Final = ctypes.c_int64
_POINTER: Final = ctypes.c_void_p
#: The result and the arguments of each function: n is a 64-bit number, p an address.
_FUNCTIONS: Final = {
    "ij_sources": (ctypes.c_char_p, ""),
    "ij_import_batch": (ctypes.c_int, "ppnnp"),
    "ij_release_batch": (None, "p"),
    "ij_longest_text": (_WORD, "pn"),
    "ij_mark_exact_values": (_WORD, "pnppp"),
    "ij_read_value": (_WORD, "nnnpnp"),
    "ij_copy_rows": (_WORD, "pppppp"),
    "ij_measure_column": (None, "pnnnpppn"),
    "ij_most_frequent_texts": (_WORD, "pnpnpn"),
    "ij_find_records": (_WORD, "pnnnnppppn"),
    "ij_read_records": (_WORD, "pnnnppppppppnp"),
    "ij_join_records": (_WORD, "pppppppnpnp"),
    "ij_split_records": (_WORD, "pnnpnnppnpppppn"),
}


def load(file: Path) -> ctypes.CDLL:
    """Load a library and declare its functions.

    Raises: ImportError if the library is missing, was compiled for another machine, or was compiled from other sources
    than those beside it.
    """
    if sys.byteorder != "little" or sys.maxsize < 2**63 - 1:
        raise ImportError("import-jobs runs on 64-bit little-endian machines only")
    try:
        library = ctypes.CDLL(str(file))
    except OSError as error:
        raise ImportError(f"processor/native/{file.name} is missing or not for this machine: {REMEDY}") from error
    try:
        for name, (result, arguments) in _FUNCTIONS.items():
            function = getattr(library, name)
            function.restype = result
            function.argtypes = [_POINTER if argument == "p" else _WORD for argument in arguments]
        stamp = library.ij_sources().decode()
    except AttributeError as error:
        raise ImportError(f"processor/native/{file.name} is older than its sources: {REMEDY}") from error
    if stamp != expected_stamp(file.parent):
        raise ImportError(f"processor/native/{file.name} was compiled from other sources: {REMEDY}")
    return library


KERNELS: Final = load(FILE)


def address(array: npt.NDArray[np.generic]) -> int:
    """Return the address of an array's memory. The caller keeps the array while a kernel works on it."""
    return array.ctypes.data
