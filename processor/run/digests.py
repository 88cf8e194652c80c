"""The digests of files whose jobs wait, so that the next attempt need not download the file again to know it."""

import threading
from collections import OrderedDict
from uuid import UUID

from processor.storage import Identity

# Jobs that wait longer than this many others are read again: a digest takes 300 bytes.
KEPT = 1000


class KnownDigests:
    """By job: the file's identity and its SHA-256. It may be used from several threads."""

    def __init__(self) -> None:
        self._known: OrderedDict[UUID, tuple[Identity, str]] = OrderedDict()
        self._lock = threading.Lock()

    def keep(self, job_id: UUID, identity: Identity, sha256: str) -> None:
        """Keep the digest of a job's file for its next attempt."""
        if identity.etag is None:
            return
        with self._lock:
            self._known[job_id] = (identity, sha256)
            self._known.move_to_end(job_id)
            while len(self._known) > KEPT:
                self._known.popitem(last=False)

    def take(self, job_id: UUID, identity: Identity) -> str | None:
        """Return the digest of a job's file, if that is still the same, and forget it."""
        with self._lock:
            known, sha256 = self._known.pop(job_id, (None, None))
        return sha256 if known == identity else None
