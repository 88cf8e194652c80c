"""Files that the processor writes to Storage or deletes there."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import httpx

from processor import metrics
from processor.errors import SourceRefused, SourceUnavailable
from processor.storage.error_codes import storage_error

if TYPE_CHECKING:
    from storage3._sync.file_api import SyncBucketProxy

    from supabase import Client

# The server may go on storing a large artifact long after it has received the last byte.
WRITE_SECONDS = 600


class Artifacts:
    """Writes and deletes files through Supabase's client, which is created when it is first used."""

    def __init__(self, supabase_url: str, key: str) -> None:
        self._url, self._key = supabase_url, key
        self._lock = threading.Lock()
        self._created: Client | None = None

    def warm(self) -> None:
        """Create the client now, since its first use is in the middle of a job."""
        self._client()

    def put(self, bucket: str, path: str, file: Path) -> None:
        """Upload a CSV file. An object with the same path is replaced.

        Raises: SourceUnavailable, SourceRefused.
        """
        self._do(bucket, lambda files: files.upload(path, file, {"content-type": "text/csv", "upsert": "true"}))

    def delete(self, bucket: str, path: str) -> None:
        """Delete a file if it exists.

        Raises: SourceUnavailable, SourceRefused.
        """
        self._do(bucket, lambda files: files.remove([path]))

    def _do(self, bucket: str, work: "Callable[[SyncBucketProxy], object]") -> None:
        try:
            self._work(bucket, work)
        except SourceUnavailable:
            metrics.storage_failed("write")
            raise

    def _work(self, bucket: str, work: "Callable[[SyncBucketProxy], object]") -> None:
        from storage3.exceptions import StorageApiError

        try:
            work(self._client().storage.from_(bucket))
        except StorageApiError as exc:
            status = int(exc.status) if str(exc.status).isdecimal() else 500
            error = storage_error(status, exc.code)
            kind = SourceUnavailable if error.transient else SourceRefused
            raise kind(f"Storage refused the write: {error.message}", hint=error.advice) from exc
        except (ValueError, RecursionError) as exc:
            raise SourceUnavailable("Storage's answer could not be read ({error})", error=type(exc).__name__) from exc
        except httpx.TransportError as exc:
            raise SourceUnavailable("Storage could not be reached ({error})", error=type(exc).__name__) from exc

    def _client(self) -> "Client":
        with self._lock:
            if self._created is None:
                # The import takes 0.5 s and 30 MB, which most jobs do not need.
                from supabase import ClientOptions, create_client

                self._created = create_client(self._url, self._key, ClientOptions(storage_client_timeout=WRITE_SECONDS))
            return self._created
