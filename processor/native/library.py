"""The compiled kernels: the C files beside this one, which the build (`hatch_build.py`) puts into one library."""

import ctypes
import sys
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

FILE: Final = Path(__file__).with_name("kernels.so")

_WORD: Final = ctypes.c_int64
_POINTER: Final = ctypes.c_void_p
#: What each function returns, and its arguments: sizes and places are 64 bits, everything else is an address.
_FUNCTIONS: Final = {
    "take_batch": (ctypes.c_int, "ppnnp"),
    "give_back": (None, "p"),
    "longest_text": (_WORD, "pn"),
    "sure_values": (_WORD, "pnppp"),
    "copy_rows": (_WORD, "pppppp"),
    "measure": (None, "pnnnpppn"),
    "most_frequent": (_WORD, "pnpnpn"),
    "find_records": (_WORD, "pnnnnppppn"),
    "split_records": (_WORD, "pnnpnnppnpppppn"),
}


def _loaded() -> ctypes.CDLL:
    if sys.byteorder != "little" or sys.maxsize < 2**63 - 1:
        raise ImportError("import-jobs runs on little-endian machines of 64 bits only")
    try:
        library = ctypes.CDLL(str(FILE))
        for name, (result, arguments) in _FUNCTIONS.items():
            function = getattr(library, name)
            function.restype = result
            function.argtypes = [_POINTER if each == "p" else _WORD for each in arguments]
    except (OSError, AttributeError) as exc:
        raise ImportError(
            f"processor/native/{FILE.name} is missing, old or not for this machine: install the package again"
        ) from exc
    return library


KERNELS: Final = _loaded()


def address(array: npt.NDArray[np.generic]) -> int:
    """Return where an array's memory begins; the caller keeps the array for as long as a kernel works on it."""
    return array.ctypes.data
