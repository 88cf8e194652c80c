"""Faults made real: each begins with a call, and some end with one later."""

from __future__ import annotations

import heapq
import itertools
import signal
from collections.abc import Callable

import psycopg

from tests.chaos.member import Member
from tests.chaos.schedule import Trouble
from tests.chaos.site import Site
from tests.chaos.timeline import Timeline
from tests.faults.proxies.storage_fault import Fault

Act = Callable[[], object]
# What a Storage call that is one of the next ones may get; the proxy takes these for downloads alone.
SLOWEST, FASTEST = 20_000, 400_000
TRUNCATED_AFTER = 1_500_000


class Inflictor:
    """Does what is due. `tick` is called often from the main thread, `finish` once."""

    def __init__(self, site: Site, timeline: Timeline, troubles: list[Trouble]) -> None:
        self.site, self.timeline = site, timeline
        self._order = itertools.count()
        self._due: list[tuple[float, int, str, Act]] = []
        for trouble in troubles:
            self._later(trouble.at, describe(trouble), lambda trouble=trouble: self._begin(trouble))

    def tick(self) -> None:
        """Do everything that is due, and start processors that have ended."""
        while self._due and self._due[0][0] <= self.timeline.seconds:
            _, _, name, act = heapq.heappop(self._due)
            (self.timeline.note if name.startswith("…") else self.timeline.fault)(name)
            act()
        for member in self.site.members:
            member.keep()

    def finish(self) -> None:
        """Forget what has not begun and take back what has."""
        self._due.clear()
        self.timeline.note("heal")
        self.site.heal()

    def _later(self, at: float, name: str, act: Act) -> None:
        heapq.heappush(self._due, (at, next(self._order), name, act))

    def _undo(self, trouble: Trouble, name: str, act: Act) -> None:
        self._later(self.timeline.seconds + trouble.seconds, f"… {name}", act)

    def _begin(self, trouble: Trouble) -> None:
        member = self.site.members[trouble.member]
        match trouble.kind:
            case "kill" | "terminate":
                member.end(signal.SIGKILL if trouble.kind == "kill" else signal.SIGTERM, trouble.seconds)
            case "pause":
                member.pause()
                self._undo(trouble, f"{member.name} goes on", member.resume)
            case "postgres":
                self.site.stack.server.stop("immediate")
                self._undo(trouble, "Postgres starts", self._start_postgres)
            case "database reset":
                member.database.reset()
            case "storage reset":
                member.storage.reset()
            case "database freeze" | "storage freeze":
                self._freeze(trouble, member)
            case "status" | "slow" | "truncate" | "ignore_range":
                self.site.storage.add(storage_fault(trouble))
            case _:
                self._doorbell(trouble, member)

    def _freeze(self, trouble: Trouble, member: Member) -> None:
        """Let no byte pass; at the end either all that was held back arrives, or the peer turns out to be gone."""
        proxy = member.database if trouble.kind == "database freeze" else member.storage

        def thaw() -> None:
            if trouble.amount < 0.5:
                proxy.reset()
            proxy.resume()

        proxy.freeze()
        self._undo(trouble, f"{trouble.kind} of {member.name} ends", thaw)

    def _start_postgres(self) -> None:
        if self.site.stack.server.pid is None:
            self.site.stack.server.start()

    def _doorbell(self, trouble: Trouble, member: Member) -> None:
        try:
            if trouble.kind == "ring elsewhere":
                self.site.ring_at(member)
            else:
                amount = 3 * trouble.amount if trouble.kind == "delay" else 2 + int(3 * trouble.amount)
                self.site.break_doorbell(trouble.kind, amount, trouble.times)
        except psycopg.OperationalError:
            self.timeline.note("… Postgres is away: no fault of the doorbell")


def storage_fault(trouble: Trouble) -> Fault:
    """Return what the next calls of Storage get."""
    match trouble.kind:
        case "slow":
            speed = int(SLOWEST + trouble.amount * (FASTEST - SLOWEST))
            return Fault(kind="slow", bytes_per_second=speed, remaining=min(trouble.times, 3))
        case "truncate":
            return Fault(kind="truncate", after_bytes=int(trouble.amount * TRUNCATED_AFTER), remaining=trouble.times)
        case "ignore_range":
            return Fault(kind="ignore_range", remaining=trouble.times)
        case _:
            busy = trouble.amount < 0.4
            return Fault(
                kind="status", status=429 if busy else 503, retry_after=1 if busy else None, remaining=trouble.times
            )


def describe(trouble: Trouble) -> str:
    """Say what happens, for the timeline."""
    return (
        f"{trouble.kind} (processor {trouble.member + 1}, {trouble.seconds:.1f} s, amount {trouble.amount:.2f}, "
        f"{trouble.times} times)"
    )
