"""How one attempt ended. The worker writes `Postponed`, `Released` and `Failed` into the queue."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from processor.errors import JobError
from processor.model import ArtifactPaths


@dataclass(frozen=True, slots=True)
class Completed:
    """The job is completed: the transaction that completes it has been committed."""


@dataclass(frozen=True, slots=True)
class Skipped:
    """The job is completed without a row, because the job `duplicate_of` has imported the same file."""

    duplicate_of: UUID


@dataclass(frozen=True, slots=True)
class Postponed:
    """The job has to wait for another one, and is tried again after `seconds`; the attempt does not count."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Released:
    """The processor shuts down, and another one may take the job at once; the attempt does not count."""


@dataclass(frozen=True, slots=True)
class LeaseOver:
    """Another processor has taken the job over, or it was cancelled: nothing may be written any more."""


@dataclass(frozen=True, slots=True)
class Failed:
    """The attempt failed with `error`; `report` and `paths` are what it leaves if the job fails with it."""

    error: JobError
    report: dict[str, Any] | None = None
    paths: ArtifactPaths = field(default_factory=ArtifactPaths)


AttemptResult = Completed | Skipped | Postponed | Released | LeaseOver | Failed
