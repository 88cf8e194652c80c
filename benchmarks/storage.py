"""Files in the stack's Storage, for as long as a benchmark needs them."""

from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import httpx

from processor.cli.upload import BUCKET

UPLOAD_SECONDS = 1800


@contextmanager
def stored(env: Mapping[str, str], files: Sequence[Path], folder: str = "service") -> Generator[list[str]]:
    """Upload files, streamed, and yield their paths; delete the objects at the end."""
    headers = {"apikey": env["SUPABASE_SECRET_KEY"]}
    url = f"{env['SUPABASE_URL']}/storage/v1/object/{BUCKET}"
    paths = [f"{folder}/{uuid4().hex}/{file.name}" for file in files]
    with httpx.Client(headers=headers, timeout=UPLOAD_SECONDS, trust_env=False) as client:
        try:
            for file, path in zip(files, paths, strict=True):
                size = {"content-type": "text/csv", "content-length": str(file.stat().st_size)}
                with file.open("rb") as source:
                    client.post(f"{url}/{path}", content=source, headers=size).raise_for_status()
            yield paths
        finally:
            client.request("DELETE", url, json={"prefixes": paths}).raise_for_status()
