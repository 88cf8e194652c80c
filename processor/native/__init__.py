"""Native: what is done for each byte and field of a file, in C; everything else of the processor is Python.

`library` loads the compiled kernels, `batch` hands them columns without a copy; `records`, `split`, `values`, `rows`
and `figures` give them names and shapes. The kernels keep no state, allocate nothing and run outside of Python's lock;
each writes only into memory that its caller made for it, and says in its comment how much that must be.
"""

from processor.native.batch import Batch
from processor.native.binary import BinaryPlan, binary_plan, encode_binary, exact_form
from processor.native.figures import Measured, Order, Sketch, most_frequent
from processor.native.records import find_records
from processor.native.rows import copy_rows
from processor.native.split import split
from processor.native.values import Form, Kind, sure

__all__ = [
    "Batch",
    "BinaryPlan",
    "Form",
    "Kind",
    "Measured",
    "Order",
    "Sketch",
    "binary_plan",
    "copy_rows",
    "encode_binary",
    "exact_form",
    "find_records",
    "most_frequent",
    "split",
    "sure",
]
