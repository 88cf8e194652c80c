"""The order of chunks, for those that must not be written before all earlier ones are committed."""

import threading
from collections.abc import Generator
from contextlib import contextmanager


class OrderBroken(Exception):
    """A chunk before this one will never be committed, or not as a whole, because its loader has failed."""


class ChunkOrder:
    """Lets the chunk of each number pass only when all chunks before it are committed."""

    def __init__(self, first: int) -> None:
        self._next = first
        # Committed before their turn had come.
        self._early: set[int] = set()
        self._broken = False
        # The last chunk that may be written, if the job ends with it, and those that are being written.
        self._last: int | None = None
        self._writing: set[int] = set()
        self._changed = threading.Condition()

    def wait(self, seq: int) -> None:
        """Return when all chunks before number `seq` are committed, whatever happens to later ones.

        Raises: OrderBroken.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._broken or self._is_after_end(seq) or self._next >= seq)
            if self._next < seq or self._is_after_end(seq):
                raise OrderBroken

    @contextmanager
    def writing(self, seq: int) -> Generator[None]:
        """Announce that a chunk is being written, until the block ends.

        Raises: OrderBroken when the job ends with an earlier chunk.
        """
        with self._changed:
            if self._is_after_end(seq):
                raise OrderBroken
            self._writing.add(seq)
        try:
            yield
        finally:
            with self._changed:
                self._writing.remove(seq)
                self._changed.notify_all()

    def end_with(self, seq: int) -> bool:
        """End the job with this chunk: no later one is written from now on. Return whether none has been committed."""
        with self._changed:
            self._last = seq
            self._changed.notify_all()
            self._changed.wait_for(lambda: all(writing <= seq for writing in self._writing))
            return all(early <= seq for early in self._early) and self._next <= seq + 1

    def _is_after_end(self, seq: int) -> bool:
        return self._last is not None and seq > self._last

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
