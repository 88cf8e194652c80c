"""Several loaders for one file: each takes the next chunk and loads it on its own connection."""

import threading
from collections.abc import Callable, Iterable, Sequence
from contextvars import copy_context

from processor.errors import JobError, LeaseLost
from processor.model import Chunk
from processor.run.chunks.channel import Channel, ChannelClosed
from processor.run.chunks.order import OrderBroken
from processor.run.stop_signal import StopRequested

Load = Callable[[Chunk], None]


class LoaderPool:
    """Runs one thread for each loader; a single loader works in the caller's thread.

    `give_up` is called when a loader fails; it must wake the other loaders that wait for their turn.
    """

    def __init__(self, loads: Sequence[Load], give_up: Callable[[], None]) -> None:
        self._loads, self._give_up = loads, give_up
        # At most one chunk waits: memory holds the chunks being loaded, this one, and the one being cut.
        self._channel: Channel[Chunk | None] = Channel(1)
        self._failure: BaseException | None = None
        self._lock = threading.Lock()

    def load(self, chunks: Iterable[Chunk]) -> None:
        """Load all chunks; return when all are committed.

        Raises: what the source of the chunks or the first loader that fails raises, once all loaders have stopped.
        """
        if len(self._loads) == 1:
            for chunk in chunks:
                self._loads[0](chunk)
            return
        threads = [threading.Thread(target=copy_context().run, args=(self._work, load)) for load in self._loads]
        for thread in threads:
            thread.start()
        try:
            if all(self._channel.put(chunk) for chunk in chunks):
                for _ in threads:
                    self._channel.put(None)
        except BaseException as exc:  # noqa: BLE001 - raised below, once all loaders have stopped
            self._end(exc)
        for thread in threads:
            thread.join()
        if self._failure is not None:
            raise self._failure

    def _work(self, load: Load) -> None:
        try:
            while (chunk := self._channel.get()) is not None:
                load(chunk)
        except ChannelClosed:
            return
        except BaseException as exc:  # noqa: BLE001 - handed to the caller, which raises it
            self._fail(exc)

    def _end(self, exc: BaseException) -> None:
        """Handle a failure of the source of the chunks.

        If the file is at fault, the chunks before that place are loaded first. What is loaded is then the beginning of
        the file, without gaps, so that a person can import the rest.
        """
        if isinstance(exc, LeaseLost) or not isinstance(exc, JobError):
            self._fail(exc)
            return
        with self._lock:
            self._failure = self._failure or exc
        for _ in self._loads:
            self._channel.put(None)

    def _fail(self, exc: BaseException) -> None:
        """Keep the first failure that is a reason of its own, rather than a consequence of another or of a shutdown."""
        with self._lock:
            consequence = isinstance(self._failure, OrderBroken | StopRequested)
            if self._failure is None or (consequence and not isinstance(exc, OrderBroken | StopRequested)):
                self._failure = exc
        self._channel.close()
        self._give_up()
