"""The rejections of a chunk: from what Postgres said to records with their numbers, lines and raw text."""

from dataclasses import replace

import numpy as np

from processor import records
from processor.model import Chunk, Job, Message, Reason, RejectedRecords, Rejections, Rows


def from_database(rejected: Rejections, rows: Rows, job: Job) -> Rejections:
    """Turn the rows that Postgres rejected, by their places, into rejections of the chunk's records."""
    reasons = tuple(explained(reason, job) for reason in rejected.reasons)
    return Rejections(rows.index[rejected.records], rejected.reason_of, reasons)


def explained(reason: Reason, job: Job) -> Reason:
    """Return why a row is rejected; no value of the file could fill the owner column of a job without owner."""
    owner_column = job.target.owner_column if job.target and job.owner is None else None
    if owner_column and (reason.code, reason.column) == ("IJ404", owner_column):
        return replace(reason, message=Message(f"{reason.message}, and the job has no owner", owner="none"))
    return reason


def numbered(chunk: Chunk, rejections: Rejections) -> RejectedRecords:
    """Return the rejected records in the order of the file, with their numbers, lines and texts.

    The cells are sorted by record, as `Rejections.joined` returns them.
    """
    rows = rejections.distinct()
    raw, raw_ends = records.raw_texts(chunk, rows)
    return RejectedRecords(
        numbers=rows + chunk.position.record,
        lines=chunk.lines[rows],
        raw=raw,
        raw_ends=raw_ends,
        cell_places=np.cumsum(np.diff(rejections.records, prepend=-1) > 0) - 1,
        cell_reasons=rejections.reason_of,
        reasons=rejections.reasons,
    )
