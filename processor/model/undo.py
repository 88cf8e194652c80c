"""A request to undo a job, and the rows that the undo is about."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class UndoRequest:
    """A claimed request: the job, the token that proves the claim, and the role and claims whose rights count."""

    job_id: UUID
    token: UUID
    role: str
    claims: dict[str, Any]
    attempt: int


@dataclass(frozen=True, slots=True, kw_only=True)
class UndoRows:
    """The rows of a job: `rows` rows of the table have `value` in `column`.

    `kept` is the name, in `importer`, of the table of the `kept_rows` rows that the job has replaced, with `columns`.
    """

    schema: str
    table: str
    column: str | None
    value: UUID | None
    rows: int
    kept: str | None
    kept_rows: int
    columns: tuple[str, ...]
