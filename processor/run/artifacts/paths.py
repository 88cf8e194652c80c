"""Where the artifacts of a job are stored."""

import logging
from collections.abc import Callable
from pathlib import PurePosixPath

from processor.errors import SourceRefused
from processor.log import event
from processor.model import Job


def artifact_path(job: Job, kind: str) -> str:
    """Return the path of an artifact: that of the source with the job's id, so that two jobs never share one.

    A user's artifacts are in the user's own folder, even where the service gave the job a file of another folder.
    """
    source = PurePosixPath(job.object_path)
    if job.owner and source.parts[0] != str(job.owner):
        source = PurePosixPath(str(job.owner), source.name)
    return str(source.with_name(f"{source.stem}.{job.id.hex[:8]}.{kind}.csv"))


def path_or_none(write: Callable[[], str]) -> str | None:
    """Write an artifact; return its path, or None when Storage does not accept it, which does not undo the load.

    Raises: SourceUnavailable, which may be over the next time.
    """
    try:
        return write()
    except SourceRefused as exc:
        event("artifact_refused", logging.WARNING, reason=exc.message)
        return None
