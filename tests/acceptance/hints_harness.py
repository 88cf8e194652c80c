"""What tests of hints share: a person who reads a hint, does what it says, and looks how the job ends."""

import re
from collections.abc import Callable
from typing import Any

from psycopg.types.json import Jsonb

from tests.acceptance.conftest import Stack

Job = dict[str, Any]
RETRY = "select public.retry_import_job(%s, %s)"


class Reader:
    """A person with a failed job in front of them, as an administrator. `hint` is the one that they must read."""

    def __init__(self, stack: Stack, code: str, hint: str) -> None:
        self.stack, self.code = stack, code
        self._pattern = re.escape(hint).replace("…", r"[\d,]+") if "<" not in hint else re.escape(hint)

    def fails(self, job: Job) -> Job:
        """Check that the job failed with the code and the hint."""
        assert (job["status"], job["error_code"]) == ("failed", self.code), job["error_message"]
        assert re.fullmatch(self._pattern, job["error_hint"]), job["error_hint"]
        return job

    def run(self, data: bytes, table: str, options: dict[str, Any] | None = None) -> Job:
        """Import a file with a new job; it must fail in this way."""
        return self.fails(self.stack.run(data, table, options))

    def fails_with(self, code: str, data: bytes, table: str, options: dict[str, Any] | None = None) -> Job:
        """Import a file with a new job, which fails with another code first."""
        job = self.stack.run(data, table, options)
        assert (job["status"], job["error_code"]) == ("failed", code), job["error_message"]
        return job

    def retry(self, job: Job, options: dict[str, Any] | None = None) -> Job:
        """Retry the job and return its row when it has ended again."""
        self.stack.sql(RETRY, job["id"], Jsonb(options or {}))
        return self.stack.wait(job["id"])

    def put(self, job: Job, data: bytes) -> None:
        """Upload a file under the path of the job."""
        self.stack.files.upload(data, job["object_path"])

    def completes(self, job: Job, table: str, rows: int) -> None:
        """Check that the job is completed, and that the table has so many rows and each of them once."""
        assert (job["status"], job["error_code"]) == ("completed", None), job["error_message"]
        ids = [row[0] for row in self.stack.rows(table, "id")]
        assert len(ids) == len(set(ids)) == rows


Situation = Callable[[Reader], None]
SITUATIONS: dict[tuple[str, str], Situation] = {}


def hint(code: str, text: str) -> Callable[[Situation], Situation]:
    """Register the test of a hint; `text` is its beginning, as far as it tells it from the other hints of the code."""

    def register(situation: Situation) -> Situation:
        SITUATIONS[code, text] = situation
        return situation

    return register
