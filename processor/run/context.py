"""What the steps of one attempt share."""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

import psycopg

from processor.config import Config
from processor.model import FileLimits, Job
from processor.report import Report
from processor.run.stop_signal import StopSignal
from processor.storage import Artifacts, Source


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


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptContext:
    """The job, its file, its report, and the parts of the processor that an attempt works with."""

    job: Job
    source: Source
    limits: FileLimits
    artifacts: Artifacts
    connections: Connections
    config: Config
    stop: StopSignal
    report: Report

    @property
    def idle_seconds(self) -> int:
        """How long a transaction of this attempt may be idle before the server ends it."""
        return self.config.lease_seconds
