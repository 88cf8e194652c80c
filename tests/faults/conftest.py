"""One stack per test worker. After every test its processors are killed and its jobs are compared with their files."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from processor.local import state
from processor.local.stack import Stack as LocalStack
from tests.faults.checks import check_case, check_logs
from tests.faults.harness import FaultStack
from tests.faults.processors import ForkServer
from tests.faults.proxies.storage_proxy import StorageProxy
from tests.faults.proxies.tcp_proxy import TcpProxy
from tests.servers import POSTGRES_MAJOR, server_folder, turn_fsync_off
from tests.waiting import until

SESSIONS = "select pid from pg_stat_activity where usename in ('import_processor', 'import_uploader')"
# The processors of the next test must not claim a job that this test did not end.
CANCEL_REMAINING = "update public.import_jobs set status = 'cancelled' where status in ('pending', 'running')"


@contextmanager
def fault_stack(folder: Path) -> Iterator[FaultStack]:
    """Start a stack without its processor, and the proxies in front of Postgres and Storage."""
    directory = folder / "stack"
    state.prepare(directory)
    local = LocalStack(
        directory=directory, state=state.load_or_create(directory, POSTGRES_MAJOR), stopping=lambda: False
    )
    with ExitStack() as cleanup:
        cleanup.callback(local.server.destroy)
        cleanup.callback(local.stop)
        fork_server = ForkServer()
        cleanup.callback(fork_server.close)
        for _ in local.start(processor=False):
            pass
        turn_fsync_off(local.server.url())
        postgres = TcpProxy(local.state.postgres_port)
        storage = StorageProxy(local.state.supabase_url)
        storage_line = TcpProxy(storage.port)
        for proxy in (postgres, storage, storage_line):
            proxy.start()
            cleanup.callback(proxy.stop)
        yield FaultStack(
            local=local, fork_server=fork_server, postgres=postgres, storage=storage, storage_line=storage_line
        )


@pytest.fixture(scope="session")
def shared_stack() -> Iterator[FaultStack]:
    """The running stack; ask for `stack` instead."""
    with server_folder("import-jobs-faults-") as folder, fault_stack(folder) as stack:
        yield stack


@pytest.fixture
def stack(shared_stack: FaultStack) -> Iterator[FaultStack]:
    """The stack without faults, processors and jobs."""
    stack = shared_stack
    stack.cases, stack.processors = [], []
    try:
        yield stack
    finally:
        remove_faults(stack)
    for case in stack.cases:
        check_case(stack, case)
    check_logs(stack)
    stack.sql(CANCEL_REMAINING)


def remove_faults(stack: FaultStack) -> None:
    """Kill the processors, remove all faults, and wait until the processors' transactions are rolled back."""
    for processor in stack.processors:
        processor.kill()
    stack.storage.clear()
    for line in (stack.storage_line, stack.postgres):
        line.resume()
        line.reset()
    if stack.local.server.pid is None:
        stack.local.server.start()
    stack.sql("delete from net.stand_in_faults")
    # A ring that is still to be delivered would reach the next test's processor. The rows of a batch that is being
    # delivered are locked until it has ended.
    stack.sql("delete from net.http_request_queue")
    # A ring that a test has lost would keep the doorbell silent for its time-out of 300 s.
    stack.sql("delete from importer.rings")
    until(lambda: not stack.sql(SESSIONS), "an end of the processors' sessions")
