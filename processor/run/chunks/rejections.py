"""The rejections of a chunk: from what Postgres said to records with their numbers, lines and raw text."""

from collections.abc import Sequence

from processor import records
from processor.load import DatabaseRejection
from processor.model import Chunk, Job, Message, Rejection, Rejections, Rows


def from_database(rejected: Sequence[DatabaseRejection], rows: Rows, job: Job) -> Rejections:
    """Turn the rows that Postgres rejected into rejections of the chunk's records."""
    return Rejections(
        rows=tuple(int(rows.index[rejection.row]) for rejection in rejected),
        columns=tuple(rejection.column for rejection in rejected),
        codes=tuple(rejection.code for rejection in rejected),
        messages=tuple(explained(rejection, job) for rejection in rejected),
    )


def explained(rejection: DatabaseRejection, job: Job) -> str:
    """Return the message of a rejection; no value of the file could fill the owner column of a job without owner."""
    owner_column = job.target.owner_column if job.target and job.owner is None else None
    if owner_column and (rejection.code, rejection.column) == ("IJ404", owner_column):
        return Message(f"{rejection.message}, and the job has no owner", owner="none")
    return rejection.message


def numbered(chunk: Chunk, rejections: Rejections) -> list[Rejection]:
    """Return the rejections in the order of the file, with record number, line number and raw record."""
    order = sorted(range(len(rejections.rows)), key=rejections.rows.__getitem__)
    rows = [rejections.rows[at] for at in order]
    return [
        Rejection(
            record=chunk.position.record + row,
            line=int(chunk.lines[row]),
            column=rejections.columns[at],
            code=rejections.codes[at],
            message=rejections.messages[at],
            raw=raw,
        )
        for at, row, raw in zip(order, rows, records.record_texts(chunk, rows), strict=True)
    ]
