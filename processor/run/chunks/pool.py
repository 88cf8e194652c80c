"""Several loaders at work on one file: each takes the next chunk and brings it in on its own connection."""

import threading
from collections.abc import Callable, Iterable, Sequence
from contextvars import copy_context
from queue import Empty, Full, Queue

from processor.model import Chunk
from processor.run.stop_signal import Stopped

# How often those who wait for each other look whether anything has failed.
LOOK_SECONDS = 0.2

Load = Callable[[Chunk], None]


class LoaderPool:
    """Runs as many threads as there are loaders; with one, the caller's own does the work."""

    def __init__(self, loads: Sequence[Load], give_up: Callable[[], None]) -> None:
        self._loads, self._give_up = loads, give_up
        # One chunk waits at most: memory is that of the chunks that are being loaded, this one, and the one being cut.
        self._queue: Queue[Chunk | None] = Queue(1)
        self._failure: BaseException | None = None
        self._failed = threading.Event()
        self._lock = threading.Lock()

    def load(self, chunks: Iterable[Chunk]) -> None:
        """Load all chunks; return when all are in.

        Raises: what the first loader that fails raises, or the source of the chunks, once all others have stopped.
        """
        if len(self._loads) == 1:
            for chunk in chunks:
                self._loads[0](chunk)
            return
        threads = [threading.Thread(target=copy_context().run, args=(self._work, load)) for load in self._loads]
        for thread in threads:
            thread.start()
        try:
            for chunk in chunks:
                if not self._offered(chunk):
                    break
            else:
                for _ in threads:
                    self._offered(None)
        except BaseException as exc:  # noqa: BLE001 - raised below, when no loader is at work any more
            self._fail(exc)
        for thread in threads:
            thread.join()
        if self._failure is not None:
            raise self._failure

    def _offered(self, chunk: Chunk | None) -> bool:
        while not self._failed.is_set():
            try:
                self._queue.put(chunk, timeout=LOOK_SECONDS)
            except Full:
                continue
            return True
        return False

    def _work(self, load: Load) -> None:
        try:
            while (chunk := self._taken()) is not None:
                load(chunk)
        except BaseException as exc:  # noqa: BLE001 - handed to the caller, which raises it
            self._fail(exc)

    def _taken(self) -> Chunk | None:
        while not self._failed.is_set():
            try:
                return self._queue.get(timeout=LOOK_SECONDS)
            except Empty:
                continue
        return None

    def _fail(self, exc: BaseException) -> None:
        """Keep the first failure; one that only follows from another's giving up is none."""
        with self._lock:
            if self._failure is None or (isinstance(self._failure, Stopped) and not isinstance(exc, Stopped)):
                self._failure = exc
        self._failed.set()
        self._give_up()
