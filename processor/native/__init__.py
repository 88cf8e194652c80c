"""Native: the work that is done for each byte and each field of a file, in C; the rest of the processor is Python.

`library` loads the compiled kernels, and `batch` hands them columns without a copy. `records`, `any_records`,
`canonical`, `split`, `values`, `rows` and `figures` call the kernels; `binary` chooses the binary form of each column.
A kernel keeps no state, allocates nothing and runs without Python's lock. It writes only into memory that its caller
allocated, of the size that the kernel's comment names.
"""

from processor.native.any_records import Care, FoundRecords, RecordReader
from processor.native.batch import Batch
from processor.native.binary import BinaryPlan, binary_plan, encode_binary, exact_form
from processor.native.canonical import Action, join_records
from processor.native.figures import Measurement, Order, Sketch, most_frequent
from processor.native.records import find_records
from processor.native.rows import copy_rows
from processor.native.split import split_records
from processor.native.values import BinaryForm, Form, has_exact_value

__all__ = [
    "Action",
    "Batch",
    "BinaryForm",
    "BinaryPlan",
    "Care",
    "Form",
    "FoundRecords",
    "Measurement",
    "Order",
    "RecordReader",
    "Sketch",
    "binary_plan",
    "copy_rows",
    "encode_binary",
    "exact_form",
    "find_records",
    "has_exact_value",
    "join_records",
    "most_frequent",
    "split_records",
]
