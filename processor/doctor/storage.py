"""Checks of Storage: reachable, the key, the bucket, and the sizes that bucket, project and processor allow."""

import json
from typing import Any, cast

from urllib3 import BaseHTTPResponse
from urllib3.exceptions import HTTPError

from processor.config import Config
from processor.doctor.check import Answer, Check, Problem, Sound
from processor.doctor.installation import Installation
from processor.errors import JobError, ObjectNotFound, SourceUnavailable
from processor.storage.downloads import Downloads, pool_for
from processor.storage.key_check import BUCKET, TIMEOUT, key_error

#: Limits that differ by less than a tenth are meant to be the same: 50 GiB and 50,000 MiB.
NEARLY = 0.9


def error_of(installation: Installation) -> JobError | None:
    """Return why the key does not open the bucket; Storage is asked once."""
    settings = installation.settings
    if settings and "storage" not in installation.seen:
        installation.seen["storage"] = key_error(settings.supabase_url, settings.secret_key)
    return installation.seen.get("storage")


def reachable(installation: Installation) -> Answer:
    """Look whether Storage answers."""
    error = error_of(installation)
    if isinstance(error, SourceUnavailable):
        return Problem(error.message, "Check SUPABASE_URL, and that Storage runs.", error.code)
    return Sound()


def key(installation: Installation) -> Answer:
    """Look whether Storage accepts the key."""
    error = error_of(installation)
    if error is None or isinstance(error, ObjectNotFound):
        return Sound()
    return Problem(error.message, "Check SUPABASE_SECRET_KEY and SUPABASE_URL.", error.code)


def bucket(installation: Installation) -> Answer:
    """Look whether the key opens the bucket of imports."""
    error = error_of(installation)
    if error is None:
        return Sound()
    hint = (
        f"Check SUPABASE_URL and SUPABASE_SECRET_KEY; if both are right, create a private bucket {BUCKET} in Storage."
    )
    return Problem(error.message, hint, error.code)


def bucket_size(installation: Installation) -> Answer:
    """Compare the limit of the bucket with that of the processor."""
    settings = cast("Config", installation.settings)
    limit = bucket_limit(settings)
    if limit is None:
        return Sound("no limit of its own")
    if settings.max_file_bytes < limit * NEARLY:
        return Problem(
            f"the bucket accepts files of {limit:,} bytes, but the processor only of {settings.max_file_bytes:,}",
            "Raise IMPORT_JOBS_MAX_FILE_BYTES, or lower the limit of the bucket.",
        )
    return Sound(f"{limit:,} bytes")


def project_size(installation: Installation) -> Answer:
    """Compare the limit of the project, which applies to all buckets, with those of the bucket and the processor."""
    settings = cast("Config", installation.settings)
    project = project_limit(settings)
    if project is None:
        return Sound("no limit")
    wanted = min(bucket_limit(settings) or project, settings.max_file_bytes)
    if project < wanted * NEARLY:
        return Problem(
            f"the project accepts files of {project:,} bytes only, the bucket and the processor of {wanted:,}",
            "Raise the upload size limit in the settings of the project's Storage; larger files can be compressed.",
        )
    return Sound(f"{project:,} bytes")


def bucket_limit(settings: Config) -> int | None:
    """Return the limit of the bucket in bytes; None if it has none, or if Storage does not say."""
    downloads = Downloads(settings.supabase_url, settings.secret_key)
    try:
        return whole(json.loads(downloads.get_bucket(BUCKET, TIMEOUT).read()).get("file_size_limit"))
    except (HTTPError, ValueError, AttributeError):
        return None
    finally:
        downloads.close()


def project_limit(settings: Config) -> int | None:
    """Return the limit of the project in bytes, as its resumable uploads say it; None if they do not."""
    url = f"{settings.supabase_url}/storage/v1/upload/resumable"
    pool = pool_for(url)
    headers = {"apikey": settings.secret_key, "Tus-Resumable": "1.0.0", "User-Agent": "import-jobs"}
    if not settings.secret_key.startswith("sb_"):
        headers["Authorization"] = f"Bearer {settings.secret_key}"
    try:
        response: BaseHTTPResponse = pool.request("OPTIONS", url, headers=headers, retries=False, timeout=TIMEOUT)
        return whole(response.headers.get("Tus-Max-Size"))
    except HTTPError:
        return None
    finally:
        pool.clear()


def whole(value: Any) -> int | None:
    """Return a positive number of bytes, None for anything else."""
    text = str(value)
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 and int(text) > 0 else None


CHECKS = (
    Check("storage_reachable", "error", reachable, needs=("environment",)),
    Check("storage_key", "error", key, needs=("storage_reachable",)),
    Check("storage_bucket", "error", bucket, needs=("storage_key",)),
    Check("bucket_size", "warning", bucket_size, needs=("storage_bucket",)),
    Check("project_size", "note", project_size, needs=("storage_bucket",)),
)
