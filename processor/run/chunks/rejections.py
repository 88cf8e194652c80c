"""The rejections of a chunk: from what Postgres said to records with their numbers, lines and raw text."""

from collections.abc import Sequence

import numpy as np

from processor import records
from processor.load import DatabaseRejection
from processor.model import Chunk, Job, Message, Reason, Rejection, Rejections, Rows


def from_database(rejected: Sequence[DatabaseRejection], rows: Rows, job: Job) -> Rejections:
    """Turn the rows that Postgres rejected into rejections of the chunk's records."""
    places = np.array([rejection.row for rejection in rejected], np.int64)
    reasons = [Reason(rejection.column, rejection.code, explained(rejection, job)) for rejection in rejected]
    return Rejections.of_each(rows.index[places], reasons)


def explained(rejection: DatabaseRejection, job: Job) -> str:
    """Return the message of a rejection; no value of the file could fill the owner column of a job without owner."""
    owner_column = job.target.owner_column if job.target and job.owner is None else None
    if owner_column and (rejection.code, rejection.column) == ("IJ404", owner_column):
        return Message(f"{rejection.message}, and the job has no owner", owner="none")
    return rejection.message


def numbered(chunk: Chunk, rejections: Rejections) -> list[Rejection]:
    """Return the rejections in the order of the file, with record number, line number and raw record."""
    rows, first = np.unique(rejections.records, return_index=True)
    reasons = [rejections.reasons[number] for number in rejections.reason_of[first].tolist()]
    return [
        Rejection(
            record=chunk.position.record + row,
            line=int(chunk.lines[row]),
            column=reason.column,
            code=reason.code,
            message=reason.message,
            raw=raw,
        )
        for row, reason, raw in zip(rows.tolist(), reasons, records.record_texts(chunk, rows.tolist()), strict=True)
    ]
