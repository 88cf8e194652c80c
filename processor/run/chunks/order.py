"""The order of chunks where it matters, though several are under way at once."""

import threading

from processor.run.stop_signal import Stopped


class ChunkOrder:
    """Lets the chunk of each number pass only when all before it are done."""

    def __init__(self, first: int) -> None:
        self._next = first
        # Done before their turn had come.
        self._early: set[int] = set()
        self._broken = False
        self._changed = threading.Condition()

    def wait(self, seq: int) -> None:
        """Return when it is the chunk's turn.

        Raises: Stopped when a chunk before it will never be done.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._broken or self._next >= seq)
            if self._broken:
                raise Stopped

    def done(self, seq: int) -> None:
        """Let those pass that come after it; called once for each chunk, in any order."""
        with self._changed:
            self._early.add(seq)
            while self._next in self._early:
                self._early.remove(self._next)
                self._next += 1
            self._changed.notify_all()

    def give_up(self) -> None:
        """Wake all that wait: the chunks before them are not going to be done."""
        with self._changed:
            self._broken = True
            self._changed.notify_all()
