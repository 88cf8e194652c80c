"""Uploading a file to the bucket."""

import io
import re
import shutil
import tempfile
import unicodedata
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import IO
from uuid import UUID, uuid4

from processor.cli.content_types import content_type
from processor.errors import UserError

BUCKET = "imports"
#: The folder of files that belong to no user.
SERVICE = "service"
# By default the client gives up after 20 s of silence, but a server may need longer to store 2 GB.
UPLOAD_SECONDS = 600
KEY_HINT = "Check SUPABASE_SECRET_KEY and the limits of the bucket."
#: What to do about a refused upload, where the key is not the reason.
UPLOAD_HINTS = {
    "IJ107": "Rename the file with ASCII letters and digits.",
    "IJ201": f"Create the bucket {BUCKET}: import-jobs migrate does that where Storage has its tables.",
    "IJ205": "Raise the size limit of the bucket and of Storage, or split the file.",
}


class CountedFile(io.FileIO):
    """A file that tells how many bytes of it were read."""

    def __init__(self, path: Path, tell: Callable[[int], None]) -> None:
        super().__init__(path)
        self._tell, self._sent = tell, 0

    def read(self, size: int | None = -1, /) -> bytes:
        """Return the next bytes, and tell the number of all that were read."""
        data = super().read(-1 if size is None else size)
        self._sent += len(data or b"")
        self._tell(self._sent)
        return data or b""


def object_path(name: str, owner: UUID | None = None) -> str:
    """Return a new path for a file. The path is ASCII, as Storage requires, and unique, so that nothing is replaced."""
    stem = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9._-]+", "-", stem).strip("-.") or "file.csv"
    return f"{owner or SERVICE}/{uuid4().hex}/{slug[-100:].lstrip('-.')}"


def shown_name(name: str) -> str | None:
    """Return the name of a file as jobs show it; None for standard input, and for a name that could mislead."""
    return name if name != "-" and len(name) <= 255 and name.isprintable() and "\\" not in name else None


def upload(supabase_url: str, key: str, file: Path, path: str, tell: Callable[[int], None] = lambda _: None) -> None:
    """Upload a file to the bucket as a stream, and tell the number of bytes that were sent.

    Raises: UserError.
    """
    from supabase import Client, ClientOptions, create_client

    with storage_errors(file), CountedFile(file, tell) as source:
        client: Client = create_client(supabase_url, key, ClientOptions(storage_client_timeout=UPLOAD_SECONDS))
        client.storage.from_(BUCKET).upload(path, source, {"content-type": content_type(file.name)})


@contextmanager
def storage_errors(file: Path) -> Generator[None]:
    """Translate the errors of the block, in which a file is sent to Storage or fetched from it.

    Raises: UserError.
    """
    import httpx
    from storage3.exceptions import StorageApiError

    from supabase import SupabaseException

    try:
        yield
    except StorageApiError as exc:
        raise refusal(exc.code, exc.message) from exc
    except (SupabaseException, httpx.InvalidURL) as exc:
        raise UserError(
            f"the client of Supabase rejected SUPABASE_URL or the key ({exc})", "Check both.", code="IJ131"
        ) from exc
    except httpx.TransportError as exc:
        raise UserError(
            "Storage does not answer", "Check SUPABASE_URL, and that the server is running.", code="IJ203"
        ) from exc
    except OSError as exc:
        raise UserError(
            f"{file} cannot be read or written ({exc.strerror})", "Check the permissions of the file."
        ) from exc


def refusal(code: str, message: str) -> UserError:
    """Return the error for a response of Storage that is not a success."""
    if code == "InternalError" and "parse" in message:  # the client's own words for an answer that is not JSON
        return UserError(
            "what answers at SUPABASE_URL is not Storage",
            "SUPABASE_URL is the address of the project, such as https://….supabase.co, without a path.",
            code="IJ131",
        )
    from processor.storage.error_codes import MEANINGS

    if code in MEANINGS:
        meaning = MEANINGS[code]
        hint = "Try again in a moment." if meaning.error.transient else UPLOAD_HINTS.get(meaning.error.code, KEY_HINT)
        return UserError(f"{meaning.reason} ({code}: {message})", hint, code=meaning.error.code)
    return UserError(f"Storage refused the request ({code}: {message})", KEY_HINT, code="IJ202")


@contextmanager
def local_copy(source: IO[bytes], name: str) -> Generator[Path]:
    """Write a stream, such as standard input, to a temporary file of this name; delete the file at the end.

    Storage limits the size of uploads only if the length is known before.
    Raises: UserError.
    """
    with tempfile.TemporaryDirectory(prefix="import-jobs-") as folder:
        path = Path(folder) / name
        try:
            with path.open("wb") as copy:
                shutil.copyfileobj(source, copy, 1 << 20)
        except OSError as exc:
            raise UserError(f"standard input cannot be stored ({exc.strerror})", f"Make room in {folder}.") from exc
        yield path
