"""What the steps of one attempt share."""

import time
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Protocol

import psycopg

from processor.config import Config
from processor.errors import TimeUp
from processor.model import FileLimits, Job
from processor.report import Report
from processor.run.digests import KnownDigests
from processor.run.sheet_source import SheetSource
from processor.run.stop_signal import StopSignal
from processor.storage import Artifacts, Source
from processor.workbook import Workbooks


class Connections(Protocol):
    """The connections that the worker lends to one attempt, all of them in autocommit mode."""

    def main(self) -> AbstractContextManager[psycopg.Connection]:
        """Lend the attempt's own connection.

        Raises: PoolTimeout.
        """
        ...

    def extra(self) -> AbstractContextManager[psycopg.Connection]:
        """Lend one more connection, if there is one at once.

        Raises: PoolTimeout.
        """
        ...

    def replacement(self) -> AbstractContextManager[psycopg.Connection]:
        """Lend a connection in place of the attempt's own, which is broken.

        Raises: PoolTimeout.
        """
        ...

    def writer(self, main: psycopg.Connection) -> AbstractContextManager[psycopg.Connection]:
        """Lend the connection on which staged rows go into the target, which may be `main`, the attempt's own.

        Raises: PoolTimeout.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptContext:
    """The job, its file, its report, and the parts of the processor that an attempt works with.

    `started` is the monotonic time at which the attempt began.
    """

    job: Job
    source: Source | SheetSource
    limits: FileLimits
    artifacts: Artifacts
    connections: Connections
    config: Config
    stop: StopSignal
    report: Report
    workbooks: Workbooks
    digests: KnownDigests = field(default_factory=KnownDigests)
    started: float = field(default_factory=time.monotonic)

    @property
    def sheet(self) -> SheetSource | None:
        """The sheet that is read in place of a workbook."""
        return self.source if isinstance(self.source, SheetSource) else None

    def check(self) -> None:
        """Return while the attempt may go on.

        Raises: StopRequested, LeaseLost, TimeUp.
        """
        self.stop.check()
        self.check_time()

    def check_time(self) -> None:
        """Return while the attempt has time left.

        Raises: TimeUp when it has taken longer than the option max_seconds allows.
        """
        limit = self.job.options.get("max_seconds")
        if limit is not None and time.monotonic() - self.started > limit:
            raise TimeUp("the attempt has taken longer than the {limit:,} s of max_seconds", limit=limit)

    @property
    def idle_seconds(self) -> int:
        """How long a transaction of this attempt may be idle before the server ends it."""
        return self.config.lease_seconds
