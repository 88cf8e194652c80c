"""A claimed job and its target."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from processor.model.plan import Column


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A registered target as it was when the job was claimed.

    `table` is None when the registered table is gone; `replaced` says that another one has taken its place, or that it
    has another owner. `missing` names registered columns that the table no longer has. `missing_privileges` holds the
    privileges that the job's owner does not have, each with its column (None: the whole table). `types` gives the types
    of the owner column and the provenance column.
    """

    name: str
    schema: str | None
    table: str | None
    columns: tuple[Column, ...]
    missing: tuple[str, ...]
    options: dict[str, Any]
    settings: dict[str, Any]
    mode: str = "insert"
    key_columns: tuple[str, ...] = ()
    update_columns: tuple[str, ...] | None = None
    on_duplicate_key: str = "last"
    owner_column: str | None = None
    provenance_column: str | None = None
    run_as: str = "uploader"
    row_security: bool = False
    has_triggers: bool = False
    on_duplicate_file: str = "load"
    missing_privileges: tuple[tuple[str, str | None], ...] = ()
    types: dict[str, str] = field(default_factory=dict[str, str])
    replaced: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A claimed job: what to import, and the token that proves the claim.

    `attempt` counts from 1; `last` says that no attempt follows this one. `own_options` are the job's own options,
    `options` adds the target's defaults. `role` and `claims` are those of the owner when the job was inserted; `claims`
    is None for a job of an administrator or of the service. `fresh` says that the job was never claimed before. The
    file must have the digest `expected_sha256`; None: any file will do. `age` and `waited` are the seconds, by the
    database's clock, from its insert to the claim, and since it was due; `claim_seconds` is what the claim took.
    """

    id: UUID
    token: UUID
    attempt: int
    bucket_id: str
    object_path: str
    target_name: str
    target: Target | None
    own_options: dict[str, Any]
    options: dict[str, Any]
    owner: UUID | None = None
    role: str = ""
    claims: dict[str, Any] | None = None
    last: bool = False
    fresh: bool = False
    expected_sha256: str | None = None
    age: float = 0.0
    waited: float = 0.0
    claim_seconds: float = 0.0

    @property
    def as_uploader(self) -> bool:
        """Whether rows are written under the rights and row security of the job's owner."""
        return self.claims is not None and self.target is not None and self.target.run_as == "uploader"

    @property
    def inspects(self) -> bool:
        """Whether the job looks at the beginning of the file only."""
        return self.own_options.get("inspect") is True

    @property
    def mode_skips(self) -> bool:
        """Whether the mode skips rows by a rule of its own; in other modes only triggers of the table do."""
        return self.target is not None and self.target.mode in ("ignore", "update", "upsert")

    @property
    def aborts(self) -> bool:
        """Whether the first bad row ends the job, so that nothing of the file stays."""
        return self.options.get("on_error") == "abort"

    @property
    def stages(self) -> bool:
        """Whether rows are collected in a staging table until the end of the job."""
        replaces = self.target is not None and self.target.mode == "replace"
        return bool(replaces or self.aborts or self.options.get("dry_run") or self.options.get("atomic"))


@dataclass(frozen=True, slots=True)
class EarlierImport:
    """An earlier job that imported the same file into the same target; `running` says that it has not ended yet."""

    job_id: UUID
    running: bool


@dataclass(frozen=True, slots=True)
class ArtifactPaths:
    """The paths of a job's artifacts in the bucket of its file; None for one that was not written."""

    errors: str | None = None
    output: str | None = None
