"""The order of chunks, for those that must not be written before all earlier ones are committed."""

import threading


class OrderBroken(Exception):
    """A chunk before this one will never be committed, because its loader has failed."""


class ChunkOrder:
    """Lets the chunk of each number pass only when all chunks before it are committed."""

    def __init__(self, first: int) -> None:
        self._next = first
        # Committed before their turn had come.
        self._early: set[int] = set()
        self._broken = False
        self._changed = threading.Condition()

    def wait(self, seq: int) -> None:
        """Return when all chunks before number `seq` are committed.

        Raises: OrderBroken.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._broken or self._next >= seq)
            if self._broken:
                raise OrderBroken

    def committed(self, seq: int) -> None:
        """Note that a chunk is committed; called once for each chunk, in any order."""
        with self._changed:
            self._early.add(seq)
            while self._next in self._early:
                self._early.remove(self._next)
                self._next += 1
            self._changed.notify_all()

    def give_up(self) -> None:
        """Wake all chunks that wait: those before them will never be committed."""
        with self._changed:
            self._broken = True
            self._changed.notify_all()
