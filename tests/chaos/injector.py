"""Inject the scheduled faults: each begins with one action, and some end with another one later."""

from __future__ import annotations

import heapq
import itertools
import signal
from collections.abc import Callable

import psycopg

from tests.chaos.chaos_stack import ChaosStack
from tests.chaos.fault_schedule import ScheduledFault
from tests.chaos.processors import ChaosProcessor
from tests.chaos.timeline import Timeline
from tests.faults.proxies.storage_fault import Fault

Action = Callable[[], object]
# The range of speeds of a slow download, in bytes per second.
SLOWEST, FASTEST = 20_000, 400_000
# The greatest number of bytes of a truncated download.
TRUNCATED_AFTER = 1_500_000


class FaultInjector:
    """Injects faults when they are due. The main thread calls `tick` often, and `finish` once."""

    def __init__(self, stack: ChaosStack, timeline: Timeline, faults: list[ScheduledFault]) -> None:
        self.stack, self.timeline = stack, timeline
        self._order = itertools.count()
        self._scheduled: list[tuple[float, int, str, bool, Action]] = []
        for fault in faults:
            self._schedule(fault.at, describe(fault), lambda fault=fault: self._begin(fault), begins=True)

    def tick(self) -> None:
        """Perform all actions that are due, and start processors that have ended."""
        while self._scheduled and self._scheduled[0][0] <= self.timeline.seconds:
            _, _, name, begins, action = heapq.heappop(self._scheduled)
            (self.timeline.fault if begins else self.timeline.note)(name)
            action()
        for processor in self.stack.processors:
            processor.keep_running()

    def finish(self) -> None:
        """Cancel the faults that have not begun, and end the others."""
        self._scheduled.clear()
        self.timeline.note("end of all faults")
        self.stack.end_faults()

    def _schedule(self, at: float, name: str, action: Action, *, begins: bool) -> None:
        heapq.heappush(self._scheduled, (at, next(self._order), name, begins, action))

    def _schedule_end(self, fault: ScheduledFault, name: str, action: Action) -> None:
        self._schedule(self.timeline.seconds + fault.seconds, name, action, begins=False)

    def _begin(self, fault: ScheduledFault) -> None:
        processor = self.stack.processors[fault.processor]
        match fault.kind:
            case "kill" | "terminate":
                processor.end(signal.SIGKILL if fault.kind == "kill" else signal.SIGTERM, fault.seconds)
            case "pause":
                processor.pause()
                self._schedule_end(fault, f"{processor.name} continues", processor.resume)
            case "postgres":
                self.stack.local_stack.server.stop("immediate")
                self._schedule_end(fault, "Postgres starts", self.stack.start_postgres)
            case "database reset":
                processor.database.reset()
            case "storage reset":
                processor.storage.reset()
            case "database refuse":
                self._refuse(fault, processor)
            case "session end" | "notify" | "silence":
                self._disturb_sessions(fault)
            case "database freeze" | "storage freeze":
                self._freeze(fault, processor)
            case "status" | "slow" | "truncate" | "ignore_range":
                self.stack.storage.add(storage_fault(fault))
            case _:
                self._break_doorbell(fault, processor)

    def _freeze(self, fault: ScheduledFault, processor: ChaosProcessor) -> None:
        """Hold all bytes back; at the end they either arrive, or the connection turns out to be reset."""
        proxy = processor.database if fault.kind == "database freeze" else processor.storage

        def thaw() -> None:
            if fault.amount < 0.5:
                proxy.reset()
            proxy.resume()

        proxy.freeze()
        self._schedule_end(fault, f"{fault.kind} of {processor.name} ends", thaw)

    def _refuse(self, fault: ScheduledFault, processor: ChaosProcessor) -> None:
        """End the sessions of a processor, and refuse new ones for a while."""
        processor.database.refuse()
        processor.database.reset()
        self._schedule_end(fault, f"Postgres accepts {processor.name} again", processor.database.resume)

    def _disturb_sessions(self, fault: ScheduledFault) -> None:
        """End all sessions, notify processors many times for nothing, or let the next inserts notify nobody."""
        try:
            match fault.kind:
                case "session end":
                    self.stack.end_sessions()
                case "notify":
                    self.stack.notify(10 * fault.times)
                case _:
                    self.stack.silence_notifications()
        except psycopg.OperationalError:
            self.timeline.note("no disturbance of sessions, because Postgres is unavailable")

    def _break_doorbell(self, fault: ScheduledFault, processor: ChaosProcessor) -> None:
        try:
            if fault.kind == "ring elsewhere":
                self.stack.ring_at(processor)
            else:
                amount = 3 * fault.amount if fault.kind == "delay" else 2 + int(3 * fault.amount)
                self.stack.break_doorbell(fault.kind, amount, fault.times)
        except psycopg.OperationalError:
            self.timeline.note("no fault of the doorbell, because Postgres is unavailable")


def storage_fault(fault: ScheduledFault) -> Fault:
    """Return the fault for the next downloads from Storage."""
    match fault.kind:
        case "slow":
            speed = int(SLOWEST + fault.amount * (FASTEST - SLOWEST))
            return Fault(kind="slow", bytes_per_second=speed, remaining=min(fault.times, 3))
        case "truncate":
            return Fault(kind="truncate", after_bytes=int(fault.amount * TRUNCATED_AFTER), remaining=fault.times)
        case "ignore_range":
            return Fault(kind="ignore_range", remaining=fault.times)
        case _:
            busy = fault.amount < 0.4
            status, retry_after = (429, 1) if busy else (503, None)
            return Fault(kind="status", status=status, retry_after=retry_after, remaining=fault.times)


def describe(fault: ScheduledFault) -> str:
    """Return the line of a fault for the timeline."""
    return (
        f"{fault.kind} (processor {fault.processor + 1}, {fault.seconds:.1f} s, amount {fault.amount:.2f}, "
        f"{fault.times} times)"
    )
