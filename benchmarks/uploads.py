"""Files in the stack's Storage for the duration of a benchmark."""

from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import httpx

from processor.cli.upload import BUCKET

UPLOAD_SECONDS = 1800


@contextmanager
def uploaded(env: Mapping[str, str], files: Sequence[Path], folder: str = "service") -> Generator[list[str]]:
    """Stream files into Storage and yield the paths of their objects; delete the objects at the end."""
    headers = {"apikey": env["SUPABASE_SECRET_KEY"]}
    url = f"{env['SUPABASE_URL']}/storage/v1/object/{BUCKET}"
    paths = [f"{folder}/{uuid4().hex}/{file.name}" for file in files]
    with httpx.Client(headers=headers, timeout=UPLOAD_SECONDS, trust_env=False) as client:
        try:
            for file, path in zip(files, paths, strict=True):
                file_headers = {"content-type": "text/csv", "content-length": str(file.stat().st_size)}
                with file.open("rb") as content:
                    client.post(f"{url}/{path}", content=content, headers=file_headers).raise_for_status()
            yield paths
        finally:
            client.request("DELETE", url, json={"prefixes": paths}).raise_for_status()
