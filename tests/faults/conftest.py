"""One stack for each test worker; after every test its processors are killed and its jobs compared with their files."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from processor.local import state
from processor.local.stack import Stack as LocalStack
from tests.faults.checks import check_case, check_logs
from tests.faults.harness import FaultStack
from tests.faults.processors import Nursery, until
from tests.faults.proxies.storage_proxy import StorageProxy
from tests.faults.proxies.tcp_proxy import TcpProxy

BACKENDS = "select pid from pg_stat_activity where usename = 'import_processor'"
# A job that its test did not end must not be found by the next one's processors.
LEFT = "update public.import_jobs set status = 'cancelled' where status in ('pending', 'running')"


@contextmanager
def fault_stack(folder: Path) -> Iterator[FaultStack]:
    """Start everything but a processor."""
    directory = folder / "stack"
    state.prepare(directory)
    major = int(os.environ.get("IMPORT_JOBS_TEST_POSTGRES", "17"))
    local = LocalStack(directory=directory, state=state.load_or_create(directory, major), stopping=lambda: False)
    nursery = Nursery()
    try:
        for _ in local.start(processor=False):
            pass
        postgres = TcpProxy(local.state.postgres_port)
        storage = StorageProxy(local.state.supabase_url)
        line = TcpProxy(storage.port)
        for proxy in (postgres, storage, line):
            proxy.start()
        yield FaultStack(local, nursery, postgres, storage, line)
        for proxy in (line, storage, postgres):
            proxy.stop()
    finally:
        nursery.close()
        local.stop()
        local.server.destroy()


@pytest.fixture(scope="session")
def one_stack() -> Iterator[FaultStack]:
    """The running stack; ask for `stack` instead."""
    with tempfile.TemporaryDirectory(prefix="import-jobs-faults-") as name:
        folder = Path(name)
        folder.chmod(0o711)  # lets the server's account through when root runs the tests
        with fault_stack(folder) as stack:
            yield stack


@pytest.fixture
def stack(one_stack: FaultStack) -> Iterator[FaultStack]:
    """The stack without faults, processors and jobs."""
    stack = one_stack
    stack.cases, stack.processors = [], []
    try:
        yield stack
    finally:
        heal(stack)
    for case in stack.cases:
        check_case(stack, case)
    check_logs(stack)
    stack.sql(LEFT)


def heal(stack: FaultStack) -> None:
    """End the processors and all faults; what their sessions had not committed is rolled back then."""
    for one in stack.processors:
        one.kill()
    stack.storage.clear()
    for line in (stack.storage_line, stack.postgres):
        line.resume()
        line.reset()
    if stack.local.server.pid is None:
        stack.local.server.start()
    stack.sql("delete from net.stand_in_faults")
    until(lambda: not stack.sql(BACKENDS), "an end of the processors' sessions")
